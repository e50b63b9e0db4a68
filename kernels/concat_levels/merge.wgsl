// map = logits, deltas in its areas, which split.wgsl makes of it; zeros elsewhere. Prepended: place.wgsl.
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> deltas: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> map: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let place = placeOf(id);
  if (place.past) { return; }
  var value = vec4f();
  if (place.inside) {
    if (place.count == 0u) { value = deltas[place.row]; }
    for (var i = 0u; i < place.count; i++) { value[i] = logits[place.row + i]; }
  }
  map[place.at] = value;
}
