// dFeature[n][y][x][c] = Σ over RoIs of image n and this level, over bins: dOut[m][ph][pw][c] · the pixel's
// weight in the bin. A bin's weights are separable: (Σ over its sample rows) · (Σ over its sample columns).
// One invocation computes one pixel for eight channels, an eighth of the channels apart (with four it takes
// twice the time on a software adapter: half of the work is to find the RoIs); the order of the sum
// is that of the RoIs, so it is the same in each run. The dispatch sees some rows of dFeature and the
// gradients of RoIs roiFrom..roiTo; it adds where another dispatch has begun the sum.
struct Params {
  count: u32, // pixels of this dispatch · lanes
  row: u32, // invocations per grid row
  firstImage: u32,
  rowFrom: u32,
  rowTo: u32,
  roiFrom: u32,
  roiTo: u32,
  rowsPerImage: u32,
  words: u32,
  tilesX: u32,
  tilesY: u32,
  height: u32,
  width: u32,
  channels: u32,
  lanes: u32, // ceil(channels / 8)
  featureBase: u32,
  outBase: u32, // of RoI roiFrom in dOut
  resolution: u32,
  samples: u32,
  isFirst: u32,
  adds: u32, // 1: adds to what is there
  scale: f32,
  areaFrom: f32,
  areaTo: f32,
  shift: f32, // of a RoI's corners, in pixels of the map
  leastSide: f32, // of a RoI on the map
  offset: f32, // sides in the image are x2 - x1 + offset
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dOut: array<f32>;
@group(0) @binding(2) var<storage, read> rois: array<vec4f>;
@group(0) @binding(3) var<storage, read> tiles: array<u32>;
@group(0) @binding(4) var<storage, read_write> dFeature: array<f32>;

// Sum of the bilinear weights of `pixel` in the bin's samples along one axis.
fn pixelWeight(pixel: u32, extent: u32, bin: u32, start: f32, size: f32, samples: u32) -> f32 {
  var sum = 0.0;
  for (var s = 0u; s < samples; s++) {
    let position = samplePosition(start, size, bin, placeOf(s, samples));
    let distance = abs(clamp(position, 0.0, f32(extent - 1u)) - f32(pixel));
    sum += select(0.0, max(0.0, 1.0 - distance), isInside(position, extent));
  }
  return sum;
}

fn fromRoi(m: u32, x: u32, y: u32, lane: u32) -> mat2x4f {
  let bins = binsOf(rois[m]);
  let across = binRange(Axis(bins.start.x, bins.size.x, bins.samples.x, params.width), x, x);
  let down = binRange(Axis(bins.start.y, bins.size.y, bins.samples.y, params.height), y, y);
  let perRoi = params.resolution * params.resolution * params.channels;
  var sum = mat2x4f();
  for (var ph = down.x; ph <= down.y; ph++) {
    let weightY = sampleWeight(bins) *
      pixelWeight(y, params.height, ph, bins.start.y, bins.size.y, bins.samples.y);
    if (weightY == 0.0) { continue; }
    for (var pw = across.x; pw <= across.y; pw++) {
      let weight = weightY *
        pixelWeight(x, params.width, pw, bins.start.x, bins.size.x, bins.samples.x);
      if (weight == 0.0) { continue; }
      let at = params.outBase + (m - params.roiFrom) * perRoi + lane +
        (ph * params.resolution + pw) * params.channels;
      let step = params.lanes;
      sum += weight * mat2x4f(
        vec4f(dOut[at], dOut[at + step], dOut[at + 2u * step], dOut[at + 3u * step]),
        vec4f(dOut[at + 4u * step], dOut[at + 5u * step], dOut[at + 6u * step], dOut[at + 7u * step]),
      );
    }
  }
  return sum;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if (i >= params.count) { return; }
  let lane = i % params.lanes;
  let pixel = i / params.lanes;
  let x = pixel % params.width;
  let y = params.rowFrom + (pixel / params.width) % (params.rowTo - params.rowFrom);
  let image = params.firstImage + pixel / params.width / (params.rowTo - params.rowFrom);
  let tile = (image * params.tilesY + y / TILE) * params.tilesX + x / TILE;
  var sum = mat2x4f();
  for (var word = 0u; word < params.words; word++) {
    var bits = tiles[tile * params.words + word];
    while (bits != 0u) {
      let m = image * params.rowsPerImage + 32u * word + firstTrailingBit(bits);
      bits &= bits - 1u;
      if (m >= params.roiFrom && m < params.roiTo) { sum += fromRoi(m, x, y, lane); }
    }
  }
  let at = params.featureBase + pixel * params.channels + lane;
  for (var j = 0u; j < 8u && lane + j * params.lanes < params.channels; j++) {
    let slot = at + j * params.lanes;
    if (params.adds == 1u) { dFeature[slot] += sum[j / 4u][j % 4u]; } else { dFeature[slot] = sum[j / 4u][j % 4u]; }
  }
}
