// out[i] = a[i] + b[i]. Prepended: values.wgsl.
struct Params { size: u32, row: u32, base: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> out: array<Value>;
@group(0) @binding(2) var<storage, read> a: array<Value>;
@group(0) @binding(3) var<storage, read> b: array<Value>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let first = firstOf(id, params.row);
  let end = params.base + min(first + 256u, params.size);
  var i = params.base + first;
  if (i >= end) { return; }
  loop {
    out[i] = a[i] + b[i];
    continuing {
      i += 64u;
      break if i >= end;
    }
  }
}
