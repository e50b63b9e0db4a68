// Gradient of the weight (weight/common.wgsl says of what) where channels are few, in straight lines (weight.ts
// writes loads and sums), for CPUs that emulate a GPU. A workgroup sums over a tile of 8 × 14 output pixels for 16
// outer channels: it copies dOut of these and the part of x that they see (patch.wgsl); each of its invocations
// is one row of the result, a tap and a channel, and adds to one of the splits. Along x lie splits, each with a tile.
// No `return` and no loop may enclose the products: under a mask the elements of the copy cost eight times.
struct Params {
  first: u32, tiles: u32, tilesX: u32, tilesY: u32,          // first tile of the launch; tiles of the part and an image
  outputH: u32, outputW: u32, sourceH: u32,
  sourceFours: u32, sourceBase: u32, dOutBase: u32,          // fours of a row of x; offsets in fours
  offsetY: i32, firstFour: i32, blocks: u32, accumulate: u32, // as in gather.wgsl
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> dOut: array<vec4f>;
override lanes: u32;
override rows: u32;        // of the result: taps × channels
override rowLength: u32;   // of these in a row of a window
override stride: u32;
override shift: u32;       // numbers of a four before the first that a window sees
override tileFours: u32;   // from one tile to the next one along a row
override patchRows: u32;
override patchFours: u32;
const tileRows = 8u;
const tileColumns = 14u;
const tilePixels = tileRows * tileColumns;
var<workgroup> tile: array<vec4f, tilePixels * 4u>; // [pixel][block]
var<workgroup> seen: array<f32, patchRows * patchFours * 4u>;

const OUTSIDE = -0x40000000;

fn putPatch(i: u32, value: vec4f) {
  for (var j = 0u; j < 4u; j++) { seen[4u * i + j] = value[j]; }
}

// Copies dOut of the tile at (image, row, column) for four blocks, zeros where there is none.
fn copyTile(place: vec3u, block: u32, isTile: bool, lane: u32) {
  for (var i = lane; i < tilePixels * 4u; i += lanes) {
    let pixel = i >> 2u;
    let y = place.y + pixel / tileColumns;
    let x = place.z + pixel % tileColumns;
    let here = block + (i & 3u);
    let isInside = isTile & (y < params.outputH) & (x < params.outputW) & (here < params.blocks);
    let at = params.dOutBase + ((place.x * params.outputH + y) * params.outputW + x) * params.blocks + here;
    tile[i] = select(vec4f(), dOut[select(0u, at, isInside)], isInside);
  }
}

@compute @workgroup_size(lanes)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let index = params.first + workgroup.x;
  let line = index / params.tilesX;
  let image = line / params.tilesY;
  let column = index - line * params.tilesX;
  let y = (line - image * params.tilesY) * tileRows;
  let isTile = index < params.tiles;
  let block = workgroup.y * 4u;
  copyTile(vec3u(image, y, column * tileColumns), block, isTile, lane);
  copyPatch(
    image, select(OUTSIDE, i32(y * stride) + params.offsetY, isTile),
    i32(column * tileFours) + params.firstFour, lane);
  workgroupBarrier();
  let row = min(lane, rows - 1u);
  let start = row / rowLength * patchFours * 4u + row % rowLength + shift;
//LOADS
  workgroupBarrier();
  let blocksHere = select(0u, params.blocks - block, lane < rows);
  let at = (workgroup.x * rows + lane) * params.blocks + block;
//SUMS
}
