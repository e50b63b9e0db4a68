// out[m][ph][pw][c] = mean over the bin's samples of the bilinear value of its image's feature map.
// One invocation computes one bin of one RoI for eight channels, an eighth of the channels apart (neighbours read
// neighbouring addresses; where the samples lie is as much work as four channels). The dispatch sees rows rowFrom..rowTo of some images: a bin whose image is
// cut into bands gets one band's taps after the other.
struct Params {
  count: u32, // RoIs of this dispatch · bins · lanes
  row: u32, // invocations per grid row
  firstRoi: u32,
  rowsPerImage: u32,
  firstImage: u32,
  rowFrom: u32,
  rowTo: u32,
  height: u32,
  width: u32,
  channels: u32,
  lanes: u32, // ceil(channels / 8)
  featureBase: u32,
  outBase: u32,
  resolution: u32,
  samples: u32, // along each axis of a bin; 0: as many as the bin has pixels, rounded up
  isFirst: u32, // 1: the finest level, which also writes the zeros of padding
  scale: f32,
  areaFrom: f32,
  areaTo: f32,
  shift: f32, // of a RoI's corners, in pixels of the map
  leastSide: f32, // of a RoI on the map
  offset: f32, // sides in the image are x2 - x1 + offset
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> feature: array<f32>;
@group(0) @binding(2) var<storage, read> rois: array<vec4f>;
@group(0) @binding(3) var<storage, read> valid: array<i32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

// The two pixels that a sample lies between along one axis, and their weights.
struct Tap { low: u32, weights: vec2f }

fn tapAt(position: f32, extent: u32) -> Tap {
  let clamped = clamp(position, 0.0, f32(extent - 1u));
  let low = u32(clamped);
  let part = clamped - f32(low);
  return Tap(low, select(vec2f(0.0), vec2f(1.0 - part, part), isInside(position, extent)));
}

// Eight channels at a column's two pixels of one row.
fn rowValue(rowStart: u32, tap: Tap) -> mat2x4f {
  var value = mat2x4f();
  for (var side = 0u; side < 2u; side++) {
    if (tap.weights[side] == 0.0) { continue; }
    let at = rowStart + (tap.low + side) * params.channels;
    let step = params.lanes;
    value += tap.weights[side] * mat2x4f(
      vec4f(feature[at], feature[at + step], feature[at + 2u * step], feature[at + 3u * step]),
      vec4f(feature[at + 4u * step], feature[at + 5u * step], feature[at + 6u * step], feature[at + 7u * step]),
    );
  }
  return value;
}

fn binMean(image: u32, bins: Bins, bin: vec2u, lane: u32) -> mat2x4f {
  var sum = mat2x4f();
  let imageRow = (image - params.firstImage) * (params.rowTo - params.rowFrom);
  for (var sy = 0u; sy < bins.samples.y; sy++) {
    let tapY = tapAt(samplePosition(bins.start.y, bins.size.y, bin.y, placeOf(sy, bins.samples.y)), params.height);
    for (var side = 0u; side < 2u; side++) {
      let y = tapY.low + side;
      if (tapY.weights[side] == 0.0 || y < params.rowFrom || y >= params.rowTo) { continue; }
      let rowStart = params.featureBase + lane +
        (imageRow + y - params.rowFrom) * params.width * params.channels;
      for (var sx = 0u; sx < bins.samples.x; sx++) {
        let place = placeOf(sx, bins.samples.x);
        let position = samplePosition(bins.start.x, bins.size.x, bin.x, place);
        sum += tapY.weights[side] * rowValue(rowStart, tapAt(position, params.width));
      }
    }
  }
  return sum * sampleWeight(bins);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if (i >= params.count) { return; }
  let lane = i % params.lanes;
  let bin = (i / params.lanes) % (params.resolution * params.resolution);
  let m = params.firstRoi + i / params.lanes / (params.resolution * params.resolution);
  let at = params.outBase + (i / params.lanes) * params.channels + lane;
  let isPadding = valid[m] < 0;
  if (isPadding && (params.isFirst == 0u || params.rowFrom > 0u)) { return; }
  if (!isPadding && !isOfLevel(rois[m])) { return; }
  var mean = mat2x4f();
  if (!isPadding) {
    let position = vec2u(bin % params.resolution, bin / params.resolution);
    mean = binMean(m / params.rowsPerImage, binsOf(rois[m]), position, lane);
  }
  for (var j = 0u; j < 8u && lane + j * params.lanes < params.channels; j++) {
    let slot = at + j * params.lanes;
    if (params.rowFrom > 0u) { out[slot] += mean[j / 4u][j % 4u]; } else { out[slot] = mean[j / 4u][j % 4u]; }
  }
}
