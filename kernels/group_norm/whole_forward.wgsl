// out = relu?(gamma·x̂ + beta (+ residual)), and mean and rstd [N, G]; without residual x is bound in its place. Sums are of differences from the average of what the lanes load first, so that a large mean
// takes no digits of the variance. Prepended: whole_group.wgsl.
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

// Negative numbers and −0, but no NaN, have bits below this as signed integers; none has where there is no ReLU.
fn reluLimit() -> vec4i { return vec4i(select(i32(-0x80000000), -0x7fffff, params.relu != 0u)); }

// Of each group that the vector holds.
fn storeMoments(group: u32, average: vec4f, inverse: vec4f) {
  mean[group] = average.x;
  rstd[group] = inverse.x;
  if (params.widthBits == 1u) {
    mean[group + 1u] = average.z;
    rstd[group + 1u] = inverse.z;
  }
  if (params.widthBits == 0u) {
    for (var j = 1u; j < 4u; j++) {
      mean[group + j] = average[j];
      rstd[group + j] = inverse[j];
    }
  }
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) block: vec3u, @builtin(local_invocation_index) lane: u32) {
  let place = placeOf(block, lane);
  origins[lane] = x[min(place.first, place.end - params.quads)];
  workgroupBarrier();
  var first = vec4f();
  for (var l = 0u; l < LANES; l++) { first += select(vec4f(), origins[l], members[l] == place.member); }
  let origin = withinGroup(first) / atOnce();
  var sum = vec4f();
  var square = vec4f();
  for (var at = place.first; at < place.end; at += place.step) {
    let difference = x[at] - origin;
    sum += difference;
    square += difference * difference;
  }
  sums[lane] = sum;
  squares[lane] = square;
  workgroupBarrier();
  sum = vec4f();
  square = vec4f();
  for (var l = 0u; l < LANES; l++) {
    sum += select(vec4f(), sums[l], members[l] == place.member);
    square += select(vec4f(), squares[l], members[l] == place.member);
  }
  let total = f32(params.pixels * width());
  let offset = withinGroup(sum) / total;
  let average = origin + offset;
  let variance = max(vec4f(), withinGroup(square) / total - offset * offset);
  // Where x has NaN, max() may hide it, but the average has it too.
  let inverse = 1.0 / sqrt(variance + params.epsilon);
  if (place.leads) { storeMoments(place.group, average, inverse); }
  let factor = inverse * gamma[place.column];
  let summand = beta[place.column] - average * factor;
  let limit = reluLimit();
  for (var at = place.first; at < place.end; at += place.step) {
    var value = x[at] * factor + summand;
    if (RESIDUAL == 1u) { value += residual[at]; }
    out[at] = select(value, vec4f(), bitcast<vec4i>(value) < limit);
  }
}
