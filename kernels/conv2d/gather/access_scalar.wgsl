// How gather kernels reach memory for any number of channels: `count` of four elements, zeros for the rest.
@group(0) @binding(1) var<storage, read> source: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> destination: array<f32>;

// Reading past the end of a binding is safe in WebGPU; what it gives is dropped here.
fn firstOf(value: vec4f, count: u32) -> vec4f {
  return select(vec4f(), value, vec4u(0u, 1u, 2u, 3u) < vec4u(count));
}
fn loadSource(i: u32, count: u32) -> vec4f {
  return firstOf(vec4f(source[i], source[i + 1u], source[i + 2u], source[i + 3u]), count);
}
fn loadBias(i: u32, count: u32) -> vec4f {
  return firstOf(vec4f(bias[i], bias[i + 1u], bias[i + 2u], bias[i + 3u]), count);
}
fn loadDestination(i: u32, count: u32) -> vec4f {
  return firstOf(vec4f(destination[i], destination[i + 1u], destination[i + 2u], destination[i + 3u]), count);
}
fn store(i: u32, count: u32, value: vec4f) {
  destination[i] = value.x;
  if (count > 1u) { destination[i + 1u] = value.y; }
  if (count > 2u) { destination[i + 2u] = value.z; }
  if (count > 3u) { destination[i + 3u] = value.w; }
}
