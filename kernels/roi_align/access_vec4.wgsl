// Vectors `lane` and `lane` + lanes of the channels of a pixel, and of a bin of forward.wgsl; the channels are a
// multiple of 4. What is read past a pixel's last vector is not written.
@group(0) @binding(3) var<storage, read> feature: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4f>;

fn featureAt(pixel: u32, lane: u32) -> mat2x4f {
  let at = params.featureBase + pixel * params.channels + lane;
  return mat2x4f(feature[at], feature[at + params.lanes]);
}

fn write(bin: u32, lane: u32, value: mat2x4f) {
  let at = params.outBase + bin * params.channels + lane;
  var sum = value;
  if (params.adds == 1u) { sum += mat2x4f(out[at], out[at + params.lanes]); }
  out[at] = sum[0];
  if (lane + params.lanes < params.channels) { out[at + params.lanes] = sum[1]; }
}
