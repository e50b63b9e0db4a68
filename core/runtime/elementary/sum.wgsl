// out[i] = a[i] + b[i] + c[i] (+ d[i] (+ e[i])): as many terms as `terms`, in this order. One invocation adds four
// consecutive elements, the last one those that remain. In place of terms that are not there a is bound, unread.
struct Params { size: u32, row: u32, base: u32, terms: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read> b: array<f32>;
@group(0) @binding(4) var<storage, read> c: array<f32>;
@group(0) @binding(5) var<storage, read> d: array<f32>;
@group(0) @binding(6) var<storage, read> e: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let first = (id.x + id.y * params.row) * 4u;
  let end = params.base + min(first + 4u, params.size);
  for (var i = params.base + first; i < end; i++) {
    var sum = a[i] + b[i] + c[i];
    if (params.terms > 3u) { sum += d[i]; }
    if (params.terms > 4u) { sum += e[i]; }
    out[i] = sum;
  }
}
