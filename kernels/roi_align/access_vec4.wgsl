// Channels 4·lane … 4·lane + 3 of a pixel, and of a bin of forward.wgsl; the channels are a multiple of 4.
@group(0) @binding(3) var<storage, read> feature: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> out: array<vec4f>;

fn featureAt(pixel: u32, lane: u32) -> vec4f { return feature[params.featureBase + pixel * params.lanes + lane]; }

fn write(bin: u32, lane: u32, value: vec4f) {
  let at = params.outBase + bin * params.lanes + lane;
  if (params.rowFrom > 0u) { out[at] += value; } else { out[at] = value; }
}
