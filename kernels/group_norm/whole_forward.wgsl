// out = relu?(gamma·x̂ + beta (+ residual)), and mean and rstd [N, G]; option: there is a residual, in whose place x
// is bound without one. Sums are of differences from the average of what the lanes load first, so that a large mean
// takes no digits of the variance. Prepended: _shared/nan.wgsl, whole_group.wgsl.
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> gamma: array<vec4f>;
@group(0) @binding(3) var<storage, read> beta: array<vec4f>;
@group(0) @binding(4) var<storage, read> residual: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> mean: array<f32>;
@group(0) @binding(6) var<storage, read_write> rstd: array<f32>;
@group(0) @binding(7) var<storage, read_write> out: array<vec4f>;

var<workgroup> origins: array<vec4f, LANES>;
var<workgroup> sums: array<vec4f, LANES>;
var<workgroup> squares: array<vec4f, LANES>;

// Σ (x − origin) and Σ (x − origin)² over the lane's elements.
fn sumFrom(place: Place, lane: u32, origin: vec4f) {
  var sum = vec4f();
  var square = vec4f();
  let step = place.step;
  var at = place.first;
  for (; at + 3u * step < place.end; at += 4u * step) {
    let a = x[at] - origin;
    let b = x[at + step] - origin;
    let c = x[at + 2u * step] - origin;
    let d = x[at + 3u * step] - origin;
    sum += (a + b) + (c + d);
    square += (a * a + b * b) + (c * c + d * d);
  }
  for (; at < place.end; at += step) {
    let a = x[at] - origin;
    sum += a;
    square += a * a;
  }
  sums[lane] = sum;
  squares[lane] = square;
}

fn normalize(at: u32, factor: vec4f, summand: vec4f) {
  var value = x[at] * factor + summand;
  if (params.option != 0u) { value += residual[at]; }
  if (params.relu != 0u) {
    value = vec4f(rectified(value.x), rectified(value.y), rectified(value.z), rectified(value.w));
  }
  out[at] = value;
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let place = placeOf(group.x, lane);
  origins[lane] = x[min(place.first, place.end - params.quads)];
  workgroupBarrier();
  var first = vec4f();
  for (var l = 0u; l < LANES; l++) { first += origins[l]; }
  let width = f32(min(4u, params.width));
  let origin = withinGroup(first) / (f32(LANES) * width);
  sumFrom(place, lane, origin);
  workgroupBarrier();
  var sum = vec4f();
  var square = vec4f();
  for (var l = 0u; l < LANES; l++) {
    sum += sums[l];
    square += squares[l];
  }
  let total = f32(params.pixels * params.width);
  let offset = withinGroup(sum) / total;
  let average = origin + offset;
  let variance = max(vec4f(), withinGroup(square) / total - offset * offset);
  // Where x has NaN, max() may hide it, but the average has it too.
  let inverse = 1.0 / sqrt(variance + params.epsilon);
  if (lane == 0u) {
    let group = place.image * params.groups + 4u * place.column / params.width;
    for (var j = 0u; j < 4u; j += params.width) {
      mean[group + j / params.width] = average[j];
      rstd[group + j / params.width] = inverse[j];
    }
  }
  let factor = inverse * gamma[place.column];
  let summand = beta[place.column] - average * factor;
  for (var at = place.first; at < place.end; at += place.step) { normalize(at, factor, summand); }
}
