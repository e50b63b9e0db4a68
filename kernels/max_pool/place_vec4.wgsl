// Where the window of an invocation is, in kernels over channels that are a multiple of 4; it stands before them. Row
// id.y of the part, image id.z, along id.x the columns and their vectors: so that little is divided, which a software
// adapter does lane by lane. Parts as in forward.wgsl; bases are in vectors.
struct Params {
  xBase: u32, outBase: u32, winnersBase: u32, quads: u32, height: i32, width: i32, firstRow: i32, rows: i32,
  outWidth: u32, outRows: u32, firstOutRow: u32, kernel: i32, stride: i32, padding: i32,
}
@group(0) @binding(0) var<uniform> params: Params;

// Columns and rows [start, end) of x inside the map, of a window that begins at `corner`; `slot` of out, `winnersSlot` of
// winners.
struct Window { start: vec2i, end: vec2i, corner: vec2i, line: i32, quad: u32, slot: u32, winnersSlot: u32 }

fn windowAt(id: vec3u) -> Window {
  let corner = vec2i(vec2u(id.x / params.quads, id.y + params.firstOutRow)) * params.stride - params.padding;
  let end = min(corner + params.kernel, vec2i(params.width, params.height));
  let slot = (id.z * params.outRows + id.y) * params.outWidth * params.quads + id.x;
  let line = i32(id.z) * params.rows - params.firstRow;
  return Window(max(corner, vec2i(0)), end, corner, line, id.x % params.quads, params.outBase + slot, params.winnersBase + slot);
}

fn xIndex(window: Window, column: i32, y: i32) -> u32 {
  return params.xBase + u32((window.line + y) * params.width + column) * params.quads + window.quad;
}

fn areNan(value: vec4f) -> vec4<bool> {
  return (bitcast<vec4u>(value) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u);
}
