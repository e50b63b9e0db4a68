// taps[t] = where tap t reads: its place in the window, shifted by its offsets, and its mask: the sigmoid of its
// logit, 1 without modulation. A tap that is not less than a pixel outside of the input reads nothing.
// One invocation places one tap.
@group(0) @binding(1) var<storage, read> offsets: array<f32>;
@group(0) @binding(2) var<storage, read_write> taps: array<vec4u>;

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
  let cell = vec2u(tap / params.kernelW, tap % params.kernelW);
  let corner = vec2i(window * params.stride + cell * params.dilation) - params.padding;
  var position = vec2f(corner) + offset;
  // Comparisons let NaN through on some adapters.
  let isInside = all(position > vec2f(-1.0)) && position.x < f32(params.height) && position.y < f32(params.width) &&
    !isNan(offset.x) && !isNan(offset.y);
  if (!isInside) { position = vec2f(-2.0); }
  var mask = 1.0;
  if (params.isModulated != 0u) { mask = 1.0 / (1.0 + exp(-offsets[at + 2u * perPixel + t % perPixel])); }
  taps[t] = vec4u(bitcast<vec2u>(position), bitcast<u32>(mask), NONE);
}
