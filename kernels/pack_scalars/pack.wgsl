// report[first + i] = values[i] as f32, whatever values' type: words are f32, or i32 where `integer`.
// One invocation converts one number.
struct Params { size: u32, first: u32, integer: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<u32>;
@group(0) @binding(2) var<storage, read_write> report: array<f32>;

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.size) { return; }
  let word = values[id.x];
  if (params.integer != 0u) {
    report[params.first + id.x] = f32(bitcast<i32>(word));
  } else {
    report[params.first + id.x] = bitcast<f32>(word);
  }
}
