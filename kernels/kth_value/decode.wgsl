// out[0] = the number whose key the cut ends at, 0 where the cut takes nothing.
// cuts u32 [1, 4] = (key, end, count, 0), key as order_key.wgsl makes it; out f32 [1], bound as bits.
struct Params { ascending: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> cuts: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;

@compute @workgroup_size(1)
fn main() {
  var bits = 0u;
  if (cuts[2] > 0u) { bits = bitsOfKey(cuts[0], params.ascending == 1u); }
  out[0] = bits;
}
