// dOffsets[pixel, …] of one tap, from the gradient of its columns: with s the sums over channels of that gradient
// times each corner's value, the bilinear formula differentiated by row, column and mask (then through the sigmoid).
// A tap that reads nothing, one exactly on row or column −1 among them, has none.
// One invocation computes one tap of one group of channels.
@group(0) @binding(3) var<storage, read> cells: array<vec2i>;
@group(0) @binding(4) var<storage, read> taps: array<vec4u>;
@group(0) @binding(5) var<storage, read_write> dOffsets: array<f32>;

// Sums over the group's channels of the column's gradient times each corner's value.
fn cornerSums(pixel: u32, tap: u32, group: u32, corners: vec4i) -> vec4f {
  var sums = mat4x4f(); // a column for each corner, the channels of a quad apart
  let end = (group + 1u) * params.perDeformGroup;
  for (var first = group * params.perDeformGroup; first < end; first += params.run) {
    for (var within = 0u; within < params.run; within += 4u) {
      let channel = first + within;
      let count = min(4u, params.run - within);
      let d = loadColumns(columnAt(pixel, tap, channel), count);
      sums[0] += d * loadCorner(corners.x, channel, count);
      sums[1] += d * loadCorner(corners.y, channel, count);
      sums[2] += d * loadCorner(corners.z, channel, count);
      sums[3] += d * loadCorner(corners.w, channel, count);
    }
  }
  return transpose(sums) * vec4f(1.0);
}

fn put(at: u32, value: f32) {
  if (params.adds != 0u) { dOffsets[at] += value; } else { dOffsets[at] = value; }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if (i >= params.count) { return; }
  let perPixel = params.deformGroups * params.tapCount;
  let pixel = params.firstPixel + i / perPixel;
  let within = i % perPixel;
  let placed = unpack(taps[pixel * perPixel + within]);
  let corners = cornersOf(pixel, cells[pixel * perPixel + within]);
  let s = cornerSums(pixel, within % params.tapCount, within / params.tapCount, corners);
  let part = placed.part;
  let top = mix(s.x, s.y, part.y);
  let bottom = mix(s.z, s.w, part.y);
  let at = params.offsetsBase + pixel * params.offsetChannels;
  put(at + 2u * within, placed.mask * (bottom - top));
  put(at + 2u * within + 1u, placed.mask * mix(s.y - s.x, s.w - s.z, part.x));
  if (params.isModulated != 0u) {
    put(at + 2u * perPixel + within, mix(top, bottom, part.x) * placed.mask * (1.0 - placed.mask));
  }
}
