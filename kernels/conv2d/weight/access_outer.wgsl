// How the kernels of common.wgsl reach memory where outer channels alone come in fours, as in a network's first
// convolution. Of x no more than `channels` elements are read where a group has fewer than four.
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> dOut: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> partial: array<vec4f>;
override channels: u32 = 4;

// What is read past `count` only reaches sums that are not stored.
fn loadX(i: u32, count: u32) -> vec4f {
  var value = vec4f(x[i], 0.0, 0.0, 0.0);
  if (channels > 1u) { value.y = x[i + 1u]; }
  if (channels > 2u) { value.z = x[i + 2u]; }
  if (channels > 3u) { value.w = x[i + 3u]; }
  return value;
}
fn loadOut(i: u32, count: u32) -> vec4f { return dOut[i >> 2u]; }
fn store(i: u32, count: u32, value: vec4f, accumulate: bool) {
  if (accumulate) { partial[i >> 2u] += value; } else { partial[i >> 2u] = value; }
}
