// What the gradients of the weight in straight lines do with a sum; `params` are theirs.
@group(0) @binding(3) var<storage, read_write> partial: array<vec4f>;

// Adds four outer channels to the result or assigns them.
fn finish(at: u32, sum: vec4f) {
  var total = sum;
  if (params.accumulate != 0u) { total += partial[at]; }
  partial[at] = total;
}
