// columns[pixel, tap, c] = mask · the bilinear value of the input's channel c where the tap reads.
// One invocation computes one quad of channels of one tap.
@group(0) @binding(3) var<storage, read> cells: array<vec2i>;
@group(0) @binding(4) var<storage, read> taps: array<vec4u>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if (i >= params.count) { return; }
  let quad = quadAt(i % params.quads);
  let tap = i / params.quads % params.tapCount;
  let pixel = params.firstPixel + i / params.quads / params.tapCount;
  let t = (pixel * params.deformGroups + quad.x / params.perDeformGroup) * params.tapCount + tap;
  let placed = unpack(taps[t]);
  let corners = cornersOf(pixel, cells[t]);
  let part = placed.part;
  let top = (1.0 - part.y) * loadCorner(corners.x, quad.x, quad.y) + part.y * loadCorner(corners.y, quad.x, quad.y);
  let bottom = (1.0 - part.y) * loadCorner(corners.z, quad.x, quad.y) + part.y * loadCorner(corners.w, quad.x, quad.y);
  var value = placed.mask * ((1.0 - part.x) * top + part.x * bottom);
  let at = columnAt(pixel, tap, quad.x);
  if (params.adds != 0u) { value += loadColumns(at, quad.y); }
  storeColumns(at, quad.y, value);
}
