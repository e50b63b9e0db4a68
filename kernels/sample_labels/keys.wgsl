// The order in which labels are drawn: keys[n, p] = 0 for labels below 0; 2^31 + r for labels of at least 1; 1 + r' for
// label 0; where r and r' fall as the hash of (seed, iteration, stream, n, p) rises (its upper 30 bits), and are 0 for
// all where `random` is 0, so that the lowest index comes first. Where `named` is 1, names[n, p] stands for p in the
// hash, so that what is drawn does not change with the order of rows. labels, names i32 [N, P], keys u32 [N, P].
// One invocation makes one key.
struct Params {
  size: u32, row: u32, length: u32, seed: u32, iteration: u32, stream: u32, random: u32, named: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> labels: array<i32>;
@group(0) @binding(2) var<storage, read> names: array<i32>;
@group(0) @binding(3) var<storage, read_write> keys: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let at = id.x + id.y * params.row;
  if (at >= params.size) { return; }
  let label = labels[at];
  if (label < 0) {
    keys[at] = 0u;
    return;
  }
  var order = 0u;
  if (params.random == 1u) {
    let prefix = hashPrefix(params.seed, params.iteration, params.stream, at / params.length);
    let name = select(at % params.length, bitcast<u32>(names[at]), params.named == 1u);
    order = ~hashAt(prefix, name) >> 2u;
  }
  keys[at] = order + select(1u, 0x80000000u, label > 0);
}
