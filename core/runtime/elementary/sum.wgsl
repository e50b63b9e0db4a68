// out[i] = a[i] + b[i] + c[i] (+ d[i] (+ e[i])): as many terms as `terms`, in this order. In place of terms that are not
// there a is bound, unread. Prepended: values.wgsl.
struct Params { size: u32, row: u32, base: u32, terms: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> out: array<Value>;
@group(0) @binding(2) var<storage, read> a: array<Value>;
@group(0) @binding(3) var<storage, read> b: array<Value>;
@group(0) @binding(4) var<storage, read> c: array<Value>;
@group(0) @binding(5) var<storage, read> d: array<Value>;
@group(0) @binding(6) var<storage, read> e: array<Value>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let first = firstOf(id, params.row);
  let end = params.base + min(first + 256u, params.size);
  var i = params.base + first;
  if (i >= end) { return; }
  loop {
    var sum = a[i] + b[i] + c[i];
    if (params.terms > 3u) { sum += d[i]; }
    if (params.terms > 4u) { sum += e[i]; }
    out[i] = sum;
    continuing {
      i += 64u;
      break if i >= end;
    }
  }
}
