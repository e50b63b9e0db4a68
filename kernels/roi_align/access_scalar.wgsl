// Channels lane, lane + lanes, … of a pixel, and of a bin of forward.wgsl: of any number of channels. What is read
// past a pixel's last one is not written.
@group(0) @binding(3) var<storage, read> feature: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

fn featureAt(pixel: u32, lane: u32) -> mat2x4f {
  let at = params.featureBase + pixel * params.channels + lane;
  let step = params.lanes;
  return mat2x4f(
    vec4f(feature[at], feature[at + step], feature[at + 2u * step], feature[at + 3u * step]),
    vec4f(feature[at + 4u * step], feature[at + 5u * step], feature[at + 6u * step], feature[at + 7u * step]),
  );
}

fn write(bin: u32, lane: u32, value: mat2x4f) {
  for (var j = 0u; j < 8u && lane + j * params.lanes < params.channels; j++) {
    let at = params.outBase + bin * params.channels + lane + j * params.lanes;
    var sum = value[j / 4u][j % 4u];
    if (params.adds == 1u) { sum += out[at]; }
    out[at] = sum;
  }
}
