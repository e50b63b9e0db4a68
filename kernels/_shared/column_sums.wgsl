// out[s, j] = Σ of x[i, j] over the rows i of split s, added to what is there where `accumulate`.
// One invocation sums one column of one split.
struct Params { rows: u32, columns: u32, rowsPerSplit: u32, splits: u32, row: u32, base: u32, accumulate: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let index = id.x + id.y * params.row;
  if (index >= params.columns * params.splits) { return; }
  let split = index / params.columns;
  let column = params.base + index % params.columns;
  let end = min(params.rows, (split + 1u) * params.rowsPerSplit);
  // Four sums: the loads do not wait for each other, and less is lost to rounding.
  var sums = vec4f();
  var i = split * params.rowsPerSplit;
  for (; i + 4u <= end; i += 4u) {
    let at = column + i * params.columns;
    sums += vec4f(x[at], x[at + params.columns], x[at + 2u * params.columns], x[at + 3u * params.columns]);
  }
  for (; i < end; i++) { sums.x += x[column + i * params.columns]; }
  let sum = sums.x + sums.y + sums.z + sums.w;
  out[index] = sum + select(0.0, out[index], params.accumulate != 0u);
}
