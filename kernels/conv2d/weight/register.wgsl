// Gradient of the weight (common.wgsl) with sums in registers: no barriers, for CPUs that emulate a GPU.
// One invocation computes, for one split and tap, 8 input channels × 4 output channels.
// Where `paired` is false no group has more than 4, and only these are read. It is no test of each invocation: on an
// emulated GPU a branch in the loop would mask all that is in it.
override paired: bool = true;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let blocksO = (params.perGroupO + 3u) / 4u;
  let blocksC = (params.perGroupC + 7u) / 8u;
  let taps = params.kh * params.kw;
  let index = id.x + id.y * params.row;
  let o = (index % blocksO) * 4u;
  let c = (index / blocksO % blocksC) * 8u;
  let group = index / (blocksO * blocksC) % params.groups;
  let tap = index / (blocksO * blocksC * params.groups) % taps;
  let split = index / (blocksO * blocksC * params.groups * taps);
  if (split >= params.splits) { return; }

  let offsetY = i32(tap / params.kw) * params.dilation + params.offsetY;
  let offsetX = i32(tap % params.kw) * params.dilation + params.offsetX;
  // Output columns whose tap lies within the image: found once, so that the loop over pixels has no test.
  let first = u32(max(0, (params.stride - 1 - offsetX) / params.stride));
  let beyond = u32(max(0, (i32(params.inputW) - offsetX + params.stride - 1) / params.stride));
  let stepX = u32(params.stride) * params.inputC;
  let countO = min(4u, params.perGroupO - o);
  let countC = min(8u, params.perGroupC - c);
  var sums: array<vec4f, 8>;
  let rowEnd = min(params.rows, (split + 1u) * params.rowsPerSplit);
  for (var row = split * params.rowsPerSplit; row < rowEnd; row++) {
    let y = i32(row % params.outputH) * params.stride + offsetY;
    if (y < 0 || y >= i32(params.inputH)) { continue; }
    let start = i32((row / params.outputH * params.inputH + u32(y)) * params.inputW) + offsetX;
    var xAt = u32(start + i32(first) * params.stride) * params.inputC + params.xBase + group * params.perGroupC + c;
    var outAt = (row * params.outputW + first) * params.outputC + params.dOutBase + group * params.perGroupO + o;
    let end = min(min(params.outputW, beyond), params.pixels - row * params.outputW);
    for (var column = first; column < end; column++) {
      let d = loadOut(outAt, countO);
      let low = loadX(xAt, 4u);
      sums[0] += low.x * d;
      sums[1] += low.y * d;
      sums[2] += low.z * d;
      sums[3] += low.w * d;
      if (paired) {
        let high = loadX(xAt + 4u, 4u);
        sums[4] += high.x * d;
        sums[5] += high.y * d;
        sums[6] += high.z * d;
        sums[7] += high.w * d;
      }
      xAt += stepX;
      outAt += params.outputC;
    }
  }
  for (var i = 0u; i < countC; i++) { finish(vec3u(split, tap, c + i), group, o, sums[i]); }
}
