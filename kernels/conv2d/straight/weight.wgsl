// Gradient of the weight (weight/common.wgsl says of what) in straight lines (weight.ts), for CPUs that emulate
// a GPU. A workgroup copies dOut of 64 output pixels × 16 fours of outer channels into workgroup memory; each
// of its invocations is one row of the result, a tap and an inner channel: it reads its input at these pixels, and
// multiplies every element of the copy. Along z lie splits × groups: split s has the pixels from first + 64 · s on.
// No `return` and no loop may enclose the products: under a mask the elements of the copy cost eight times.
struct Params {
  first: u32, pixels: u32,                             // of all splits, counted over the part
  outputH: u32, outputW: u32, inputH: u32, inputW: u32, inputC: u32, outputC: u32, xBase: u32, dOutBase: u32,
  stride: i32, dilation: i32, offsetY: i32, offsetX: i32, kw: u32,
  rows: u32, perGroupC: u32, perGroupO: u32, groups: u32, accumulate: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> dOut: array<vec4f>;
const lanes = 64u;
const depth = 64u;
const blocks = 16u;
var<workgroup> tile: array<vec4f, depth * blocks>; // [pixel][block]
var<workgroup> places: array<vec4i, depth>;        // where the first tap of each pixel lies: y, x, index of its channel 0

const OUTSIDE = -0x40000000;

fn placeOf(pixel: u32, isInside: bool) -> vec4i {
  let line = pixel / params.outputW;
  let image = line / params.outputH;
  let y = i32(line - image * params.outputH) * params.stride + params.offsetY;
  let column = i32(pixel - line * params.outputW) * params.stride + params.offsetX;
  let at = ((i32(image * params.inputH) + y) * i32(params.inputW) + column) * i32(params.inputC);
  return vec4i(select(OUTSIDE, y, isInside), column, at, 0);
}

// The input that a tap sees of a pixel, zero outside; `tap` is where it lies from the pixel's place.
fn inputAt(place: vec4i, tap: vec3i) -> f32 {
  let isInside = (u32(place.x + tap.x) < params.inputH) & (u32(place.y + tap.y) < params.inputW);
  let value = x[select(0u, u32(place.z + tap.z), isInside)];
  return select(0.0, value, isInside);
}

fn tapOf(row: u32, group: u32) -> vec3i {
  let kernel = row / params.perGroupC;
  let ky = kernel / params.kw;
  let y = i32(ky) * params.dilation;
  let column = i32(kernel - ky * params.kw) * params.dilation;
  let channel = params.xBase + group * params.perGroupC + row - kernel * params.perGroupC;
  return vec3i(y, column, (y * i32(params.inputW) + column) * i32(params.inputC) + i32(channel));
}

// Copies dOut of the pixels and blocks of the workgroup, zero where there is none, and where the pixels lie.
fn copyBlock(workgroup: vec3u, lane: u32) {
  let split = workgroup.z / params.groups;
  let group = workgroup.z - split * params.groups;
  let first = params.first + split * depth;
  let end = params.first + params.pixels;
  let block = workgroup.y * blocks;
  let start = (params.dOutBase + group * params.perGroupO) / 4u + block;
  for (var i = lane; i < depth * blocks; i += lanes) {
    let pixel = first + i / blocks;
    let isInside = (pixel < end) & (block + i % blocks < params.perGroupO / 4u);
    let at = start + pixel * (params.outputC / 4u) + i % blocks;
    tile[i] = select(vec4f(), dOut[select(0u, at, isInside)], isInside);
  }
  for (var i = lane; i < depth; i += lanes) { places[i] = placeOf(first + i, first + i < end); }
}

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  copyBlock(workgroup, lane);
  workgroupBarrier();
  // All of these only here: what is computed before the barrier would be computed anew after every load.
  let split = workgroup.z / params.groups;
  let group = workgroup.z - split * params.groups;
  let isRow = workgroup.x * lanes + lane < params.rows;
  let row = min(workgroup.x * lanes + lane, params.rows - 1u);
  let tap = tapOf(row, group);
  let block = workgroup.y * blocks;
  let blocksHere = params.perGroupO / 4u;
  let start = ((split * params.rows + row) * params.outputC + group * params.perGroupO) / 4u + block;
//LOADS
//SUMS
}
