// out[s, j] = Σ of x[i, j] over the rows i of split s, added to what is there where `accumulate`.
// One invocation sums one column of split id.z: of numbers, or of vectors of four, which `Value` is; base and columns
// are in values. Prepended: an alias for Value.
struct Params { rows: u32, columns: u32, rowsPerSplit: u32, row: u32, base: u32, accumulate: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<Value>;
@group(0) @binding(2) var<storage, read_write> out: array<Value>;

override LANES: u32 = 64u;

// Rows whose sum is added up before it is added to the others', so that little is lost to rounding.
const BLOCK = 256u;

// Σ x[at + k · columns], k < rows, by four sums: their loads do not wait for each other.
fn blockSum(first: u32, rows: u32) -> Value {
  let step = params.columns;
  var a = Value();
  var b = Value();
  var c = Value();
  var d = Value();
  var at = first;
  let end = first + rows * step;
  for (; at + 3u * step < end; at += 4u * step) {
    a += x[at];
    b += x[at + step];
    c += x[at + 2u * step];
    d += x[at + 3u * step];
  }
  for (; at < end; at += step) { a += x[at]; }
  return (a + b) + (c + d);
}

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = id.x + id.y * params.row;
  if (column >= params.columns) { return; }
  let end = min(params.rows, (id.z + 1u) * params.rowsPerSplit);
  var sum = Value();
  for (var i = id.z * params.rowsPerSplit; i < end; i += BLOCK) {
    sum += blockSum(params.base + column + i * params.columns, min(BLOCK, end - i));
  }
  let index = id.z * params.columns + column;
  if (params.accumulate != 0u) { sum += out[index]; }
  out[index] = sum;
}
