// backward_x.wgsl four channels at a time. Prepended: _shared/channel_blocks.wgsl.
@group(0) @binding(1) var<storage, read> dOut: array<vec4f>;
@group(0) @binding(2) var<storage, read> out: array<vec4f>;
@group(0) @binding(3) var<storage, read> x: array<vec4f>;
@group(0) @binding(4) var<storage, read> coefficients: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> dX: array<vec4f>;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let place = placeOf(id);
  if (place.at >= place.end) { return; }
  // A row of the table is one channel: (a, b, d, mean).
  let first = 4u * place.table;
  let rows = mat4x4f(
    coefficients[first], coefficients[first + 1u], coefficients[first + 2u], coefficients[first + 3u]);
  let k = transpose(rows);
  for (var at = place.at; at < place.end; at += params.stride) {
    var dY = dOut[at];
    if (params.relu != 0u) { dY = select(vec4f(0.0), dY, out[at] > vec4f(0.0)); }
    dX[at] = k[0] * dY + k[1] * (x[at] - k[3]) + k[2];
  }
}
