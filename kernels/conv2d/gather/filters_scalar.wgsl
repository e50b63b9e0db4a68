// The weight of gather kernels in memory, for any number of channels.
@group(0) @binding(2) var<storage, read> weight: array<f32>;

fn loadWeight(i: u32, count: u32) -> vec4f {
  return firstOf(vec4f(weight[i], weight[i + 1u], weight[i + 2u], weight[i + 3u]), count);
}
