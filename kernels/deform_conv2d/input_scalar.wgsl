// The input for any number of channels: `count` of four elements, zeros for the rest.
@group(0) @binding(1) var<storage, read> input: array<f32>;

// Reading past the end of a binding is safe in WebGPU; what it gives is dropped here.
fn loadInput(i: u32, count: u32) -> vec4f {
  return select(vec4f(), vec4f(input[i], input[i + 1u], input[i + 2u], input[i + 3u]), vec4u(0u, 1u, 2u, 3u) < vec4u(count));
}
