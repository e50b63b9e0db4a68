// logits, deltas = the map's numbers in its areas. Prepended: place.wgsl.
@group(0) @binding(1) var<storage, read> map: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> logits: array<f32>;
@group(0) @binding(3) var<storage, read_write> deltas: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let place = placeOf(id);
  if (place.past || !place.inside) { return; }
  let value = map[place.at];
  if (place.count == 0u) { deltas[place.row] = value; }
  for (var i = 0u; i < place.count; i++) { logits[place.row + i] = value[i]; }
}
