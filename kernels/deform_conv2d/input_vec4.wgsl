// The input, where the channels of a run come in fours.
@group(0) @binding(1) var<storage, read> input: array<vec4f>;

fn loadInput(i: u32, count: u32) -> vec4f { return input[i >> 2u]; }
