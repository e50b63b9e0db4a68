// Where the vectors of an invocation are, in kernels over [N, H, W, C] with tables by channel. They are `stride`
// apart, a multiple of the vectors of a pixel (`quads`), so one read of the tables serves all, and neighbours read
// neighbouring addresses; together those of `stride` invocations are `length`. Dispatches: channel_blocks.ts.
override LANES: u32;

struct Params {
  base: u32, row: u32, images: u32, vectors: u32, blocks: u32, length: u32, stride: u32, quads: u32,
  relu: u32, option: u32,
}
@group(0) @binding(0) var<uniform> params: Params;

// Vectors at, at + stride, … below `end`; vector `table` of the tables.
struct Place { at: u32, end: u32, table: u32 }

fn placeOf(id: vec3u) -> Place {
  let index = id.x + id.y * params.row;
  let block = index / params.stride;
  let lane = index % params.stride;
  let image = block / params.blocks;
  let first = block % params.blocks * params.length;
  let start = params.base + image * params.vectors;
  let vectors = select(0u, params.vectors, image < params.images);
  let end = start + min(vectors, first + params.length);
  return Place(start + first + lane, end, image * params.quads + lane % params.quads);
}
