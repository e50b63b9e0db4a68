// Gather convolution (gather/common.wgsl) in straight lines (gather.ts), for CPUs that emulate a GPU. The weight comes
// packed (gather/pack_filters.wgsl) in tiles of `depth` rows × 16 blocks of four outer channels, rows being taps ×
// inner channels, which come in fours. One launch adds the rows of a tile from rowFirst on; a workgroup copies it, and each of
// its invocations computes one grid pixel × 64 outer channels. Along z lie groups, whose tiles are `groupStep` vectors
// apart. No `return` and no loop may enclose the products: under a mask the tile's elements cost eight times.
@group(0) @binding(2) var<storage, read> packed: array<vec4f>;
override lanes: u32 = 128;
override depth: u32 = 64;
var<workgroup> tile: array<vec4f, depth * 16u>;
// Where each invocation writes and how many blocks: past the last one or the last pixel it computes them all the same.
// What a barrier parts from its use the emulating compiler computes again at every use, divisions and all; what has
// been stored it only loads.
var<workgroup> places: array<vec2u, lanes>;

// Where the next four channels of a window come from: position in the source, its index there, tap and channel.
struct Cursor { y: i32, x: i32, at: i32, ty: u32, tx: u32, channel: u32 }

fn cursorAt(window: vec3i, row: u32) -> Cursor {
  let tap = row / params.inner;
  let channel = row - tap * params.inner;
  let ty = tap / params.kxCount;
  let tx = tap - ty * params.kxCount;
  return Cursor(
    window.x + i32(ty) * params.tapStepY, window.y + i32(tx) * params.tapStepX,
    window.z + shiftOf(ty, tx) + i32(channel), ty, tx, channel);
}

// The four channels at the cursor, zero outside of the source and past the last tap; moves on to the next four.
fn nextFour(cursor: ptr<function, Cursor>) -> vec4f {
  let now = *cursor;
  let isInside = now.ty < params.kyCount && now.y >= 0 && now.y < i32(params.sourceH) &&
    now.x >= 0 && now.x < i32(params.sourceW);
  let value = select(vec4f(), loadSource(select(0u, u32(now.at), isInside), 4u), isInside);
  let endsTap = now.channel + 4u == params.inner;
  let endsRow = endsTap && now.tx + 1u == params.kxCount;
  let sourceC = i32(params.sourceC);
  let back = i32(params.kxCount) * params.tapStepX;
  (*cursor).channel = select(now.channel + 4u, 0u, endsTap);
  (*cursor).tx = select(now.tx + select(0u, 1u, endsTap), 0u, endsRow);
  (*cursor).ty = now.ty + select(0u, 1u, endsRow);
  (*cursor).x = now.x + select(0, params.tapStepX, endsTap) - select(0, back, endsRow);
  (*cursor).y = now.y + select(0, params.tapStepY, endsRow);
  (*cursor).at = now.at + select(4, 4 - i32(params.inner) + params.tapStepX * sourceC, endsTap) +
    select(0, (params.tapStepY * i32(params.sourceW) - back) * sourceC, endsRow);
  return value;
}

fn rectified(value: vec4f, hasRelu: bool) -> vec4f {
  return select(value, vec4f(), vec4<bool>(hasRelu) & (value <= vec4f()));
}

@compute @workgroup_size(lanes)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let start = params.packedFirst + workgroup.y * params.packedStep + workgroup.z * params.groupStep;
  for (var i = lane; i < depth * 16u; i += lanes) { tile[i] = packed[start + i]; }
  let group = workgroup.z;
  let block = workgroup.y * 16u;
  let pixel = workgroup.x * lanes + lane;
  let place = placeOf(min(pixel, params.pixels - 1u));
  places[lane] = vec2u(
    startOf(place, group) / 4u + block, select(0u, params.blocks - block, pixel < params.pixels));
  var cursor = cursorAt(windowOf(place, group), params.rowFirst);
//LOADS
  workgroupBarrier();
  let at = places[lane].x;
  let written = places[lane].y;
  let biasAt = group * params.outer / 4u + block;
  let isFirst = params.rowFirst == 0u;
  let hasBias = params.hasBias != 0u;
  let hasRelu = params.relu != 0u;
//SUMS
}
