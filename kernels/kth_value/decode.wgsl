// out[0] = the mean of the numbers whose keys the rows' cuts end at, 0 where no cut takes anything.
// cuts u32 [rows, 4] = (key, end, count, 0), key as order_key.wgsl makes it; out f32 [1], bound as bits, so that the
// one number of a single row stays what it is, NaN too.
struct Params { ascending: u32, rows: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> cuts: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;

@compute @workgroup_size(1)
fn main() {
  var bits = 0u;
  var sum = 0.0;
  var found = 0.0;
  for (var row = 0u; row < params.rows; row++) {
    if (cuts[row * 4u + 2u] == 0u) { continue; }
    bits = bitsOfKey(cuts[row * 4u], params.ascending == 1u);
    sum += bitcast<f32>(bits);
    found += 1.0;
  }
  if (found > 1.0) { bits = bitcast<u32>(sum / found); }
  out[0] = bits;
}
