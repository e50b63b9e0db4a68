// out[m][ph][pw][c] = mean over the bin's samples of the bilinear value of its image's feature map.
// A bin's weights are separable, so that a pixel that several samples touch is loaded once: the sum over the bin's
// pixels of (Σ over its sample rows) · (Σ over its sample columns) · feature. One invocation computes one row of bins
// of one RoI for eight channels, so that where the RoI lies is worked out once for all of them, and a column of pixels
// is added up once for four bins: of RoIs of few pixels, all have most columns in common. The dispatch sees
// rows rowFrom..rowTo of some images: a bin whose image is cut into bands gets one band's pixels after the other.
// Prepended: geometry.wgsl; appended: access_vec4.wgsl or access_scalar.wgsl, which have the other bindings.
@group(0) @binding(1) var<storage, read> rois: array<vec4f>;
@group(0) @binding(2) var<storage, read> valid: array<i32>;

// The first and last pixel that the bin's samples lie between along one axis.
fn pixelRange(axis: Axis, bin: u32) -> vec2u {
  let first = samplePosition(axis.start, axis.size, bin, placeOf(0u, axis.samples));
  let last = samplePosition(axis.start, axis.size, bin, placeOf(max(1u, axis.samples) - 1u, axis.samples));
  let end = axis.extent - 1u;
  return min(vec2u(end), vec2u(clamp(vec2f(first, last), vec2f(0.0), vec2f(f32(end)))) + vec2u(0u, 1u));
}

// Pixel rows `start` … `end` - 1 that a row of bins adds up, and the weights of the first four of them.
struct Rows { axis: Axis, bin: u32, start: u32, end: u32, first: vec4f }

// The weights of rows `row` … `row` + 3 of the dispatch.
fn rowWeights(axis: Axis, bin: u32, row: u32) -> vec4f {
  let rows = row + vec4u(0u, 1u, 2u, 3u);
  return select(vec4f(), pixelWeights(axis, bin, row), rows < vec4u(params.rowTo));
}

fn rowsOf(axis: Axis, bin: u32) -> Rows {
  let reach = pixelRange(axis, bin);
  let start = max(reach.x, params.rowFrom);
  return Rows(axis, bin, start, min(reach.y + 1u, params.rowTo), rowWeights(axis, bin, start));
}

// Column `x` of the rows, added up by weight; rows without weight are not read. `line`: see poolRow.
fn columnSum(rows: Rows, line: i32, x: u32, lane: u32) -> mat2x4f {
  var sum = mat2x4f();
  var weights = rows.first;
  var y = rows.start;
  loop {
    if (y != rows.start) { weights = rowWeights(rows.axis, rows.bin, y); }
    let pixel = u32(line + i32(y)) * params.width + x;
    if (weights.x != 0.0) { sum += weights.x * featureAt(pixel, lane); }
    if (weights.y != 0.0) { sum += weights.y * featureAt(pixel + params.width, lane); }
    if (weights.z != 0.0) { sum += weights.z * featureAt(pixel + 2u * params.width, lane); }
    if (weights.w != 0.0) { sum += weights.w * featureAt(pixel + 3u * params.width, lane); }
    continuing {
      y += 4u;
      break if y >= rows.end;
    }
  }
  return sum;
}

// The bins of row `ph`, four at a time, since neighbours have pixels in common. Pixel row y of the RoI's image is row
// `line` + y of the binding.
fn poolRow(bins: Bins, ph: u32, line: i32, at: u32, lane: u32) {
  let across = Axis(bins.start.x, bins.size.x, bins.samples.x, params.width);
  let rows = rowsOf(Axis(bins.start.y, bins.size.y, bins.samples.y, params.height), ph);
  let factor = sampleWeight(bins);
  var pw = 0u;
  loop {
    let last = min(pw + 4u, params.resolution) - 1u;
    var a = mat2x4f();
    var b = mat2x4f();
    var c = mat2x4f();
    var d = mat2x4f();
    let end = pixelRange(across, last).y;
    var x = pixelRange(across, pw).x;
    loop {
      let weights = factor * binWeights(across, pw, x);
      if (all(weights == vec4f())) { continue; } // between the samples of wide bins
      let value = columnSum(rows, line, x, lane);
      a += weights.x * value;
      b += weights.y * value;
      c += weights.z * value;
      d += weights.w * value;
      continuing {
        x++;
        break if x > end;
      }
    }
    write(at + pw, lane, a);
    if (pw + 1u <= last) { write(at + pw + 1u, lane, b); }
    if (pw + 2u <= last) { write(at + pw + 2u, lane, c); }
    if (pw + 3u <= last) { write(at + pw + 3u, lane, d); }
    continuing {
      pw += 4u;
      break if pw >= params.resolution;
    }
  }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if (i >= params.count) { return; }
  let lane = i % params.lanes;
  let bin = i / params.lanes; // the row of bins, counted over all RoIs
  let ph = bin % params.resolution;
  let m = params.roiFrom + bin / params.resolution;
  let at = bin * params.resolution;
  if (valid[m] < 0) {
    if (params.isFirst == 0u || params.adds == 1u) { return; }
    for (var pw = 0u; pw < params.resolution; pw++) { write(at + pw, lane, mat2x4f()); }
    return;
  }
  let roi = rois[m];
  if (!isOfLevel(roi)) { return; }
  let image = m / params.rowsPerImage - params.firstImage;
  let line = i32(image * (params.rowTo - params.rowFrom)) - i32(params.rowFrom);
  poolRow(binsOf(roi), ph, line, at, lane);
}
