// out[m][ph][pw][c] = mean over the bin's samples of the bilinear value of its image's feature map.
// A bin's weights are separable, so that a pixel that several samples touch is loaded once: the sum over the bin's
// pixels of (Σ over its sample rows) · (Σ over its sample columns) · feature. One invocation computes one row of bins
// of one RoI for eight channels, so that where the RoI lies is worked out once for all of them. The dispatch sees
// rows rowFrom..rowTo of some images: a bin whose image is cut into bands gets one band's pixels after the other.
// Prepended: geometry.wgsl; appended: access_vec4.wgsl or access_scalar.wgsl, which have the other bindings.
struct Params {
  count: u32, // RoIs of this dispatch · rows of bins · lanes
  row: u32, // invocations per grid row
  firstRoi: u32,
  rowsPerImage: u32,
  firstImage: u32,
  rowFrom: u32,
  rowTo: u32,
  height: u32,
  width: u32,
  channels: u32, // in numbers or vectors, as are the bases
  lanes: u32, // ceil(channels / 8), of numbers
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
@group(0) @binding(1) var<storage, read> rois: array<vec4f>;
@group(0) @binding(2) var<storage, read> valid: array<i32>;

// The first and last pixel that the bin's samples lie between along one axis.
fn pixelRange(axis: Axis, bin: u32) -> vec2u {
  let first = samplePosition(axis.start, axis.size, bin, placeOf(0u, axis.samples));
  let last = samplePosition(axis.start, axis.size, bin, placeOf(max(1u, axis.samples) - 1u, axis.samples));
  let end = axis.extent - 1u;
  return min(vec2u(end), vec2u(clamp(vec2f(first, last), vec2f(0.0), vec2f(f32(end)))) + vec2u(0u, 1u));
}

// Four neighbouring pixels from `pixel` on, those without weight left out.
fn fourPixels(pixel: u32, weights: vec4f, lane: u32) -> mat2x4f {
  var sum = mat2x4f();
  if (weights.x != 0.0) { sum = weights.x * featureAt(pixel, lane); }
  if (weights.y != 0.0) { sum += weights.y * featureAt(pixel + 1u, lane); }
  if (weights.z != 0.0) { sum += weights.z * featureAt(pixel + 2u, lane); }
  if (weights.w != 0.0) { sum += weights.w * featureAt(pixel + 3u, lane); }
  return sum;
}

// The bins of row `ph`, whose first pixel row in the binding is `line` · width.
fn poolRow(bins: Bins, ph: u32, line: i32, at: u32, lane: u32) {
  let across = Axis(bins.start.x, bins.size.x, bins.samples.x, params.width);
  let down = Axis(bins.start.y, bins.size.y, bins.samples.y, params.height);
  let reachY = pixelRange(down, ph);
  let fromY = max(reachY.x, params.rowFrom);
  let firstRows = pixelWeights(down, ph, fromY);
  let factor = sampleWeight(bins);
  for (var pw = 0u; pw < params.resolution; pw++) {
    let reachX = pixelRange(across, pw);
    var sum = mat2x4f();
    for (var x = reachX.x; x <= reachX.y; x += 4u) {
      let columns = pixelWeights(across, pw, x);
      var rows = firstRows;
      for (var y = fromY; y <= min(reachY.y, params.rowTo - 1u); y++) {
        let j = (y - fromY) & 3u;
        if (j == 0u && y != fromY) { rows = pixelWeights(down, ph, y); }
        let weight = rows[j];
        if (weight == 0.0) { continue; }
        sum += weight * fourPixels(u32(line + i32(y)) * params.width + x, columns, lane);
      }
    }
    write(at + pw, lane, sum * factor);
  }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if (i >= params.count) { return; }
  let lane = i % params.lanes;
  let bin = i / params.lanes; // the row of bins, counted over all RoIs
  let ph = bin % params.resolution;
  let m = params.firstRoi + bin / params.resolution;
  let at = bin * params.resolution;
  if (valid[m] < 0) {
    if (params.isFirst == 0u || params.rowFrom > 0u) { return; }
    for (var pw = 0u; pw < params.resolution; pw++) { write(at + pw, lane, mat2x4f()); }
    return;
  }
  let roi = rois[m];
  if (!isOfLevel(roi)) { return; }
  let image = m / params.rowsPerImage - params.firstImage;
  let line = i32(image * (params.rowTo - params.rowFrom)) - i32(params.rowFrom);
  poolRow(binsOf(roi), ph, line, at, lane);
}
