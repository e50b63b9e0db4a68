// copy[targetOffset + n·targetStride + i] = source[sourceOffset + n·sourceStride + i] for n < N, i < block:
// the same block of every image between two tensors. One invocation copies one element.
struct Params {
  count: u32, row: u32, block: u32,
  sourceStride: u32, sourceOffset: u32, targetStride: u32, targetOffset: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<f32>;
@group(0) @binding(2) var<storage, read_write> copy: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if (index >= params.count) { return; }
  let n = index / params.block;
  let i = index % params.block;
  copy[params.targetOffset + n * params.targetStride + i] =
    source[params.sourceOffset + n * params.sourceStride + i];
}
