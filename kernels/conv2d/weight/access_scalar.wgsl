// How the kernels of common.wgsl reach memory for any number of channels: `count` of four elements.
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> dOut: array<f32>;
@group(0) @binding(3) var<storage, read_write> partial: array<f32>;

// What is read past `count` only reaches sums that are not stored.
fn loadX(i: u32, count: u32) -> vec4f { return vec4f(x[i], x[i + 1u], x[i + 2u], x[i + 3u]); }
fn loadOut(i: u32, count: u32) -> vec4f { return vec4f(dOut[i], dOut[i + 1u], dOut[i + 2u], dOut[i + 3u]); }
fn store(i: u32, count: u32, value: vec4f, accumulate: bool) {
  for (var j = 0u; j < count; j++) {
    partial[i + j] = value[j] + select(0.0, partial[i + j], accumulate);
  }
}
