// dX as in backward_x.wgsl, and the sums of dY and dY·x̂ over the image's pixels as partials [N, C], which
// sum_parameters.wgsl adds up. Without relu dOut is bound as out, unread. Prepended: whole_group.wgsl.
@group(0) @binding(1) var<storage, read> dOut: array<vec4f>;
@group(0) @binding(2) var<storage, read> out: array<vec4f>;
@group(0) @binding(3) var<storage, read> x: array<vec4f>;
@group(0) @binding(4) var<storage, read> gamma: array<vec4f>;
@group(0) @binding(5) var<storage, read> mean: array<f32>;
@group(0) @binding(6) var<storage, read> rstd: array<f32>;
@group(0) @binding(7) var<storage, read_write> partials: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> dX: array<vec4f>;

var<workgroup> sums: array<vec4f, LANES>;
var<workgroup> products: array<vec4f, LANES>;
var<workgroup> weightedSums: array<vec4f, LANES>;
var<workgroup> weightedProducts: array<vec4f, LANES>;

fn gradientAt(at: u32) -> vec4f {
  let dY = dOut[at];
  if (params.relu == 0u) { return dY; }
  return select(vec4f(), dY, out[at] > vec4f());
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let place = placeOf(group.x, lane);
  let g = place.image * params.groups + (4u * place.column + vec4u(0u, 1u, 2u, 3u)) / params.width;
  let average = vec4f(mean[g.x], mean[g.y], mean[g.z], mean[g.w]);
  let inverse = vec4f(rstd[g.x], rstd[g.y], rstd[g.z], rstd[g.w]);
  let weight = gamma[place.column];
  var sum = vec4f();
  var product = vec4f();
  for (var at = place.first; at < place.end; at += place.step) {
    let dY = gradientAt(at);
    sum += dY;
    product += dY * (x[at] - average);
  }
  product *= inverse;
  sums[lane] = sum;
  products[lane] = product;
  weightedSums[lane] = weight * sum;
  weightedProducts[lane] = weight * product;
  workgroupBarrier();
  sum = vec4f();
  product = vec4f();
  for (var l = 0u; l < LANES; l++) {
    sum += weightedSums[l];
    product += weightedProducts[l];
  }
  let total = f32(params.pixels * params.width);
  let slope = -inverse * inverse * (withinGroup(product) / total);
  let offset = -inverse * (withinGroup(sum) / total);
  let factor = inverse * weight;
  for (var at = place.first; at < place.end; at += place.step) {
    let dY = gradientAt(at);
    dX[at] = factor * dY + slope * (x[at] - average) + offset;
  }
  if (lane >= params.across) { return; }
  sum = vec4f();
  product = vec4f();
  for (var l = lane; l < LANES; l += params.across) {
    sum += sums[l];
    product += products[l];
  }
  let slot = 2u * (place.image * params.quads + place.column);
  partials[slot] = vec4f(sum.x, product.x, sum.y, product.y);
  partials[slot + 1u] = vec4f(sum.z, product.z, sum.w, product.w);
}
