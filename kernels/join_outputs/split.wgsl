// Those of A and of B = their columns of weight and bias, which join.wgsl makes of them. Prepended: place.wgsl.
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> weightA: array<f32>;
@group(0) @binding(4) var<storage, read_write> biasA: array<f32>;
@group(0) @binding(5) var<storage, read_write> weightB: array<f32>;
@group(0) @binding(6) var<storage, read_write> biasB: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let place = placeOf(id);
  if (place.past) { return; }
  if (place.isBias) {
    let value = bias[place.at];
    if (place.isA) { biasA[place.own] = value; }
    if (place.isB) { biasB[place.own] = value; }
  } else {
    let value = weight[place.at];
    if (place.isA) { weightA[place.own] = value; }
    if (place.isB) { weightB[place.own] = value; }
  }
}
