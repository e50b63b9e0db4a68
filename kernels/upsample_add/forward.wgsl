// out[n, y, x, c] = top[n, floor(y·h / H), floor(x·w / W), c] + lateral[n, y, x, c].
// top [N, h, w, C]; lateral, out [N, H, W, C]. Prepended: an alias for Value, place.wgsl.
@group(0) @binding(1) var<storage, read> top: array<Value>;
@group(0) @binding(2) var<storage, read> lateral: array<Value>;
@group(0) @binding(3) var<storage, read_write> out: array<Value>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let place = placeOf(id);
  let value = top[place.source];
  let corner = lateral[place.corner] + value;
  let right = lateral[place.right] + value;
  let below = lateral[place.below] + value;
  let across = lateral[place.across] + value;
  if (!place.inside) { return; }
  out[place.corner] = corner;
  if (place.hasRight) { out[place.right] = right; }
  if (place.hasBelow) { out[place.below] = below; }
  if (place.hasRight && place.hasBelow) { out[place.across] = across; }
}
