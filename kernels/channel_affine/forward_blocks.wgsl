// forward.wgsl four channels at a time; option: there is a residual.
// Prepended: _shared/nan.wgsl, _shared/channel_blocks.wgsl.
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> scale: array<vec4f>;
@group(0) @binding(3) var<storage, read> shift: array<vec4f>;
@group(0) @binding(4) var<storage, read> residual: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> out: array<vec4f>;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let place = placeOf(id);
  if (place.at >= place.end) { return; }
  let factor = scale[place.table];
  let summand = shift[place.table];
  for (var at = place.at; at < place.end; at += params.stride) {
    var value = x[at] * factor + summand;
    if (params.option != 0u) { value += residual[at]; }
    if (params.relu != 0u) {
      value = vec4f(rectified(value.x), rectified(value.y), rectified(value.z), rectified(value.w));
    }
    out[at] = value;
  }
}
