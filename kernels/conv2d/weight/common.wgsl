// Gradient of the weight: partial[s, ky, kx, c, o] = Σ over the output pixels of split s of
// x[pixel that the tap sees, c] · dOut[pixel, o]. Without splits `partial` is dWeight `[kh, kw, C / groups, O]` itself,
// else _shared/column_sums.wgsl adds the splits up (WGSL has no float atomics, and the order of the sum stays fixed).
// A part of the batch after the first adds to what is there: `accumulate`. Output rows are counted over the images of
// the part; split s has rows [s · rowsPerSplit, (s + 1) · rowsPerSplit). A matrix product is cut into rows of `outputW`
// matrix rows, so `pixels` may end within the last.
struct Params {
  rows: u32, outputH: u32, outputW: u32, pixels: u32, rowsPerSplit: u32, splits: u32, row: u32,
  inputH: u32, inputW: u32, inputC: u32, outputC: u32, xBase: u32, dOutBase: u32,
  stride: i32, dilation: i32, offsetY: i32, offsetX: i32, kh: u32, kw: u32,
  perGroupC: u32, perGroupO: u32, groups: u32, accumulate: u32,
}
@group(0) @binding(0) var<uniform> params: Params;

// Adds up to four outer channels o.. of one (split, tap, c) to the result or assigns them.
fn finish(cell: vec3u, group: u32, o: u32, sum: vec4f) {
  let at = ((cell.x * params.kh * params.kw + cell.y) * params.perGroupC + cell.z) * params.outputC +
    group * params.perGroupO + o;
  store(at, min(4u, params.perGroupO - o), sum, params.accumulate != 0u);
}
