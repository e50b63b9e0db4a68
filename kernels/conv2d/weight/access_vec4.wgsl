// How the kernels of common.wgsl reach memory where channels come in fours.
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> dOut: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> partial: array<vec4f>;

fn loadX(i: u32, count: u32) -> vec4f { return x[i >> 2u]; }
fn loadOut(i: u32, count: u32) -> vec4f { return dOut[i >> 2u]; }
fn store(i: u32, count: u32, value: vec4f, accumulate: bool) {
  if (accumulate) { partial[i >> 2u] += value; } else { partial[i >> 2u] = value; }
}
