// How gather kernels reach memory where channels come in fours: 16 bytes at a time. See common.wgsl.
@group(0) @binding(1) var<storage, read> source: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> destination: array<vec4f>;

fn loadSource(i: u32, count: u32) -> vec4f { return source[i >> 2u]; }
fn loadBias(i: u32, count: u32) -> vec4f { return bias[i >> 2u]; }
fn loadDestination(i: u32, count: u32) -> vec4f { return destination[i >> 2u]; }
fn store(i: u32, count: u32, value: vec4f) { destination[i >> 2u] = value; }
