// sum.wgsl on vectors of four, as in add_vec4.wgsl.
struct Params { size: u32, row: u32, base: u32, terms: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(2) var<storage, read> a: array<vec4f>;
@group(0) @binding(3) var<storage, read> b: array<vec4f>;
@group(0) @binding(4) var<storage, read> c: array<vec4f>;
@group(0) @binding(5) var<storage, read> d: array<vec4f>;
@group(0) @binding(6) var<storage, read> e: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  let first = (index & ~63u) * 4u + (index & 63u);
  let end = params.base + min(first + 256u, params.size);
  for (var i = params.base + first; i < end; i += 64u) {
    var sum = a[i] + b[i] + c[i];
    if (params.terms > 3u) { sum += d[i]; }
    if (params.terms > 4u) { sum += e[i]; }
    out[i] = sum;
  }
}
