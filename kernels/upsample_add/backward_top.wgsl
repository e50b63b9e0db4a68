// dTop[n, i, j, c] = sum of dOut over the one to four pixels that took their value from (i, j).
// dTop [N, h, w, C]; dOut [N, H, W, C]. Prepended: an alias for Value, place.wgsl.
@group(0) @binding(1) var<storage, read> dOut: array<Value>;
@group(0) @binding(2) var<storage, read_write> dTop: array<Value>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let place = placeOf(id);
  var sum = dOut[place.corner];
  let right = dOut[place.right];
  let below = dOut[place.below];
  let across = dOut[place.across];
  // Without a neighbour that is another pixel once more.
  sum += select(Value(), right, place.hasRight);
  sum += select(Value(), below, place.hasBelow);
  sum += select(Value(), across, place.hasRight && place.hasBelow);
  if (place.inside) { dTop[place.source] = sum; }
}
