// The columns for any number of channels: `count` of four elements, zeros for the rest.
@group(0) @binding(2) var<storage, read_write> columns: array<f32>;

// Reading past the end of a binding is safe in WebGPU; what it gives is dropped here.
fn loadColumns(i: u32, count: u32) -> vec4f {
  return select(vec4f(), vec4f(columns[i], columns[i + 1u], columns[i + 2u], columns[i + 3u]), vec4u(0u, 1u, 2u, 3u) < vec4u(count));
}
fn storeColumns(i: u32, count: u32, value: vec4f) {
  columns[i] = value.x;
  if (count > 1u) { columns[i + 1u] = value.y; }
  if (count > 2u) { columns[i + 2u] = value.z; }
  if (count > 3u) { columns[i + 3u] = value.w; }
}
