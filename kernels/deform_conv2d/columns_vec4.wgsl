// The columns, where the channels of a run come in fours.
@group(0) @binding(2) var<storage, read_write> columns: array<vec4f>;

fn loadColumns(i: u32, count: u32) -> vec4f { return columns[i >> 2u]; }
fn storeColumns(i: u32, count: u32, value: vec4f) { columns[i >> 2u] = value; }
