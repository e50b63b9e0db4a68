// The weight of gather kernels in memory where channels come in fours.
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;

fn loadWeight(i: u32, count: u32) -> vec4f { return weight[i >> 2u]; }
