// All gradients: dX as in backward_x.wgsl, dGamma and dBeta, for which a workgroup works on all images. What a ReLU
// lets pass is told by x as the forward pass computes, or with a residual by out: then the first loop writes what
// passes, which is the residual's gradient, and the second reads that. Prepended: whole_group.wgsl.
@group(0) @binding(1) var<storage, read> dOut: array<vec4f>;
@group(0) @binding(2) var<storage, read> out: array<vec4f>;
@group(0) @binding(3) var<storage, read> x: array<vec4f>;
@group(0) @binding(4) var<storage, read> gamma: array<vec4f>;
@group(0) @binding(5) var<storage, read> mean: array<f32>;
@group(0) @binding(6) var<storage, read> rstd: array<f32>;
@group(0) @binding(7) var<storage, read_write> dX: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> dResidual: array<vec4f>;
@group(0) @binding(9) var<storage, read_write> dGamma: array<vec4f>;
@group(0) @binding(10) var<storage, read_write> dBeta: array<vec4f>;
@group(0) @binding(11) var<storage, read> beta: array<vec4f>;

var<workgroup> sums: array<vec4f, LANES>;
var<workgroup> products: array<vec4f, LANES>;
var<workgroup> weightedSums: array<vec4f, LANES>;
var<workgroup> weightedProducts: array<vec4f, LANES>;

// Sums over the lanes of a member among 16 from `begin` on: so few that Mesa's compiler unrolls the loop, which makes
// their addresses constant and their reading free.
struct Sums { sum: vec4f, product: vec4f }

fn sumsAmong(begin: u32, member: u32) -> Sums {
  var found = Sums();
  for (var l = begin; l < begin + 16u; l++) {
    found.sum += select(vec4f(), weightedSums[l], members[l] == member);
    found.product += select(vec4f(), weightedProducts[l], members[l] == member);
  }
  return found;
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) block: vec3u, @builtin(local_invocation_index) lane: u32) {
  let place = placeOf(block, lane);
  let g = place.group;
  var average = vec4f(mean[g]);
  var inverse = vec4f(rstd[g]);
  if (params.widthBits < 2u) {
    let at = g + (vec4u(0u, 1u, 2u, 3u) >> vec4u(params.widthBits));
    average = vec4f(average.x, mean[at.y], mean[at.z], mean[at.w]);
    inverse = vec4f(inverse.x, rstd[at.y], rstd[at.z], rstd[at.w]);
  }
  let weight = gamma[place.column];
  // As in whole_forward.wgsl, to the last bit.
  let factor = inverse * weight;
  let summand = beta[place.column] - average * factor;
  let keeps = vec4<bool>(params.relu == 0u);
  var sum = vec4f();
  var product = vec4f();
  for (var at = place.first; at < place.end; at += place.step) {
    let value = x[at];
    var dY = dOut[at];
    if (RESIDUAL == 1u) {
      dY = select(vec4f(), dY, out[at] > vec4f());
      dResidual[at] = dY;
    } else {
      dY = select(vec4f(), dY, keeps | (value * factor + summand > vec4f()));
    }
    sum += dY;
    product += dY * (value - average);
  }
  product *= inverse;
  sums[lane] = sum;
  products[lane] = product;
  weightedSums[lane] = weight * sum;
  weightedProducts[lane] = weight * product;
  workgroupBarrier();
  let a = sumsAmong(0u, place.member);
  let b = sumsAmong(16u, place.member);
  let c = sumsAmong(32u, place.member);
  let d = sumsAmong(48u, place.member);
  let total = f32(params.pixels * width());
  let slope = -inverse * inverse * (withinGroup((a.product + b.product) + (c.product + d.product)) / total);
  let offset = -inverse * (withinGroup((a.sum + b.sum) + (c.sum + d.sum)) / total);
  for (var at = place.first; at < place.end; at += place.step) {
    let value = x[at];
    var dY: vec4f;
    if (RESIDUAL == 1u) {
      dY = dResidual[at];
    } else {
      dY = select(vec4f(), dOut[at], keeps | (value * factor + summand > vec4f()));
    }
    dX[at] = factor * dY + slope * (value - average) + offset;
  }
  let span = 1u << params.spanBits;
  if (lane >= span) { return; }
  sum = vec4f();
  product = vec4f();
  for (var l = lane; l < LANES; l += span) {
    sum += sums[l];
    product += products[l];
  }
  dBeta[place.column] = sum;
  dGamma[place.column] = product;
}
