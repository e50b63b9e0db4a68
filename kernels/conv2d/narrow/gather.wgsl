// Forward convolution of few channels in straight lines (gather.ts says why, and writes loads and sums), for CPUs
// that emulate a GPU. A workgroup computes a tile of 8 rows of 16 · `pixels` output pixels × 16 outer channels: it
// copies the part of the source that the tile sees (patch.wgsl) and the weight `[kh, kw, c, o]`, whose rows are
// consecutive already. An invocation takes what its `pixels` neighbouring pixels see into registers once. No `return`
// and no loop may enclose the products: under a mask the elements of the weight cost eight times.
struct Params {
  gridH: u32, gridW: u32, sourceH: u32,
  sourceFours: u32, sourceBase: u32, destinationBase: u32, // fours of a source row; offsets in fours
  offsetY: i32, firstFour: i32,                            // the row and the four of a source row where the first tile starts
  blocks: u32, blockGroups: u32, hasBias: u32, relu: u32,  // fours of outer channels, and how many times four
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> destination: array<vec4f>;
override rows: u32;        // of the weight: taps × channels
override stride: u32;
override pixels: u32;      // of one invocation
override laneFours: u32;   // from one invocation's pixels to the next one's
override patchRows: u32;
override patchFours: u32;
const lanes = 128u;
const tileRows = 8u;
const tileColumns = 16u;
var<workgroup> tile: array<vec4f, rows * 4u>;
var<workgroup> seen: array<vec4f, patchRows * patchFours>;

fn putPatch(i: u32, value: vec4f) { seen[i] = value; }

// Adds the bias, applies the ReLU and writes four outer channels.
fn finish(at: u32, block: u32, sum: vec4f) {
  var value = sum;
  if (params.hasBias != 0u) { value += bias[block]; }
  destination[at] = select(value, vec4f(), vec4<bool>(params.relu != 0u) & (value <= vec4f()));
}

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let image = workgroup.z / params.blockGroups;
  let block = (workgroup.z - image * params.blockGroups) * 4u;
  for (var i = lane; i < rows * 4u; i += lanes) {
    tile[i] = weight[(i >> 2u) * params.blocks + min(block + (i & 3u), params.blocks - 1u)];
  }
  let firstRow = workgroup.y * tileRows;
  copyPatch(
    image, i32(firstRow * stride) + params.offsetY,
    i32(workgroup.x * tileColumns * laneFours) + params.firstFour, lane);
  workgroupBarrier();
  let start = lane / tileColumns * stride * patchFours + lane % tileColumns * laneFours;
//LOADS
  let y = firstRow + lane / tileColumns;
  let x = (workgroup.x * tileColumns + lane % tileColumns) * pixels;
  let columnsHere = select(0u, params.gridW - min(x, params.gridW), y < params.gridH);
  let blocksHere = params.blocks - block;
  let at = params.destinationBase + ((image * params.gridH + y) * params.gridW + x) * params.blocks + block;
//SUMS
}
