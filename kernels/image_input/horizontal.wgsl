// Pillow's horizontal pass: rows[y, x] = the source's row y resampled at column x, rounded to bytes.
// source: RGB bytes [height, width, 3] packed little-endian into words; rows u32 [height, outWidth], R | G<<8 | B<<16;
// taps i32 [outWidth, stride]: first column, number of columns, their weights in units of 2^-22.
// One invocation computes one pixel. A part is some rows; byteBase is where they begin in the bound words.
struct Params { count: u32, row: u32, byteBase: u32, rowBase: u32, width: u32, outWidth: u32, stride: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<u32>;
@group(0) @binding(2) var<storage, read> taps: array<i32>;
@group(0) @binding(3) var<storage, read_write> rows: array<u32>;

fn byteAt(at: u32) -> i32 { return i32(source[at >> 2u] >> ((at & 3u) * 8u) & 255u); }

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if (index >= params.count) { return; }
  let tap = index % params.outWidth * params.stride;
  var at = params.byteBase + (index / params.outWidth * params.width + u32(taps[tap])) * 3u;
  let end = tap + 2u + u32(taps[tap + 1u]);
  var sum = vec3i(1 << 21u);
  for (var k = tap + 2u; k < end; k++) {
    sum += taps[k] * vec3i(byteAt(at), byteAt(at + 1u), byteAt(at + 2u));
    at += 3u;
  }
  let bytes = vec3u(min(sum >> vec3u(22u), vec3i(255)));
  rows[params.rowBase + index] = bytes.x | bytes.y << 8u | bytes.z << 16u;
}
