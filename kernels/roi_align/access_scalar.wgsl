// Channels lane, lane + lanes, … of a pixel, and of a bin of forward.wgsl: of any number of channels. What is read
// past a pixel's last one is not written.
@group(0) @binding(3) var<storage, read> feature: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

fn featureAt(pixel: u32, lane: u32) -> vec4f {
  let at = params.featureBase + pixel * params.channels + lane;
  let step = params.lanes;
  return vec4f(feature[at], feature[at + step], feature[at + 2u * step], feature[at + 3u * step]);
}

fn write(bin: u32, lane: u32, value: vec4f) {
  for (var j = 0u; j < 4u && lane + j * params.lanes < params.channels; j++) {
    let at = params.outBase + bin * params.channels + lane + j * params.lanes;
    if (params.rowFrom > 0u) { out[at] += value[j]; } else { out[at] = value[j]; }
  }
}
