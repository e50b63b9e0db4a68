// weight, bias = those of A, those of B, zeros. Prepended: place.wgsl.
@group(0) @binding(1) var<storage, read> weightA: array<f32>;
@group(0) @binding(2) var<storage, read> biasA: array<f32>;
@group(0) @binding(3) var<storage, read> weightB: array<f32>;
@group(0) @binding(4) var<storage, read> biasB: array<f32>;
@group(0) @binding(5) var<storage, read_write> weight: array<f32>;
@group(0) @binding(6) var<storage, read_write> bias: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let place = placeOf(id);
  if (place.past) { return; }
  var value = 0.0;
  if (place.isBias) {
    if (place.isA) { value = biasA[place.own]; }
    if (place.isB) { value = biasB[place.own]; }
    bias[place.at] = value;
  } else {
    if (place.isA) { value = weightA[place.own]; }
    if (place.isB) { value = weightB[place.own]; }
    weight[place.at] = value;
  }
}
