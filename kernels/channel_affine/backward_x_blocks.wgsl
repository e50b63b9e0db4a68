// backward_x.wgsl four channels at a time; option: scaled. Prepended: _shared/channel_blocks.wgsl.
@group(0) @binding(1) var<storage, read> dOut: array<vec4f>;
@group(0) @binding(2) var<storage, read> out: array<vec4f>;
@group(0) @binding(3) var<storage, read> scale: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> dX: array<vec4f>;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let place = placeOf(id);
  if (place.at >= place.end) { return; }
  var factor = vec4f(1.0);
  if (params.option != 0u) { factor = scale[place.table]; }
  for (var at = place.at; at < place.end; at += params.stride) {
    var value = dOut[at];
    if (params.relu != 0u) { value = select(vec4f(0.0), value, out[at] > vec4f(0.0)); }
    dX[at] = value * factor;
  }
}
