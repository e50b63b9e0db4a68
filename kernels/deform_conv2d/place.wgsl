// cells[t] and taps[t] = where tap t reads, its place in the window shifted by its offsets, and its mask: the sigmoid
// of its logit, 1 without modulation. A tap that is not less than a pixel outside of the input reads nothing.
// One invocation places one tap.
@group(0) @binding(1) var<storage, read> offsets: array<f32>;
@group(0) @binding(2) var<storage, read_write> cells: array<vec2i>;
@group(0) @binding(3) var<storage, read_write> taps: array<vec4u>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let t = id.x + id.y * params.row;
  if (t >= params.count) { return; }
  let perPixel = params.deformGroups * params.tapCount;
  let pixel = t / perPixel;
  let tap = t % params.tapCount;
  let at = params.offsetsBase + pixel * params.offsetChannels;
  let offset = vec2f(offsets[at + 2u * (t % perPixel)], offsets[at + 2u * (t % perPixel) + 1u]);
  let window = vec2u(params.firstRow + pixel / params.outputW % params.outputRows, pixel % params.outputW);
  let place = vec2u(tap / params.kernelW, tap % params.kernelW);
  let corner = vec2i(window * params.stride + place * params.dilation) - params.padding;
  let extent = vec2f(f32(params.height), f32(params.width));
  let position = vec2f(corner) + offset;
  // Comparisons let NaN through on some adapters. Rounding may have brought a position up to a border.
  let isNear = all(position >= vec2f(-1.0)) && all(position <= extent) && !isNan(offset.x) && !isNan(offset.y);
  var part = offset - floor(offset);
  var cell = corner + vec2i(select(vec2f(), floor(offset), isNear));
  let isInside = isNear && all(vec2f(cell) + part > vec2f(-1.0)) && all(vec2f(cell) < extent);
  if (!isInside) {
    cell = vec2i(-2);
    part = vec2f();
  }
  var mask = 1.0;
  if (params.isModulated != 0u) { mask = 1.0 / (1.0 + exp(-offsets[at + 2u * perPixel + t % perPixel])); }
  cells[t] = cell;
  taps[t] = vec4u(bitcast<vec2u>(part), bitcast<u32>(mask), NONE);
}
