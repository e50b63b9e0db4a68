// backward_feature.wgsl for a software adapter and channels that are a multiple of 4: there loads are what costs, and
// neighbouring pixels take from the same bins. One invocation computes 4 × 2 pixels for four channels, in the same
// order of RoIs. Bases and lanes are in vectors of four. Prepended: geometry.wgsl.
struct Params {
  count: u32, // images · patches · lanes
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
  patchesX: u32,
  patchesY: u32, // those that have some of rows rowFrom..rowTo
  height: u32,
  width: u32,
  lanes: u32,
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
@group(0) @binding(1) var<storage, read> dOut: array<vec4f>;
@group(0) @binding(2) var<storage, read> rois: array<vec4f>;
@group(0) @binding(3) var<storage, read> tiles: array<u32>;
@group(0) @binding(4) var<storage, read_write> dFeature: array<vec4f>;

struct Patch { top: mat4x4f, bottom: mat4x4f }

// Weight of pixel `pixel` in bins `bin` … `bin` + 3.
fn binWeights(axis: Axis, bin: u32, pixel: u32) -> vec4f {
  let bins = f32(bin) + vec4f(0.0, 1.0, 2.0, 3.0);
  var sum = vec4f();
  for (var s = 0u; s < axis.samples; s++) {
    let positions = axis.start + (bins + placeOf(s, axis.samples)) * axis.size;
    let end = f32(axis.extent);
    let distances = abs(clamp(positions, vec4f(0.0), vec4f(end - 1.0)) - f32(pixel));
    let inside = positions >= vec4f(-1.0 - SLACK) & positions <= vec4f(end + SLACK);
    sum += select(vec4f(), max(vec4f(), 1.0 - distances), inside);
  }
  return select(vec4f(), sum, bins < vec4f(f32(params.resolution)));
}

fn outer(column: vec4f, row: vec4f) -> mat4x4f {
  return mat4x4f(column * row.x, column * row.y, column * row.z, column * row.w);
}

// Adds to the patch at `corner` what it gets from the RoI whose bins begin at vector `at` of dOut.
fn addRoi(sum: ptr<function, Patch>, bins: Bins, corner: vec2u, at: u32) {
  let across = Axis(bins.start.x, bins.size.x, bins.samples.x, params.width);
  let down = Axis(bins.start.y, bins.size.y, bins.samples.y, params.height);
  let reachX = binRange(across, corner.x, corner.x + 3u);
  let reachY = binRange(down, corner.y, corner.y + 1u);
  let factor = sampleWeight(bins);
  for (var ph = reachY.x; ph <= reachY.y; ph += 4u) {
    let top = factor * binWeights(down, ph, corner.y);
    let bottom = factor * binWeights(down, ph, corner.y + 1u);
    let used = (top != vec4f()) | (bottom != vec4f());
    if (!any(used)) { continue; }
    for (var pw = reachX.x; pw <= reachX.y; pw++) {
      let columns = pixelWeights(across, pw, corner.x);
      if (all(columns == vec4f())) { continue; }
      let first = at + (ph * params.resolution + pw) * params.lanes;
      let step = params.resolution * params.lanes;
      var gradients = mat4x4f();
      if (used.x) { gradients[0] = dOut[first]; }
      if (used.y) { gradients[1] = dOut[first + step]; }
      if (used.z) { gradients[2] = dOut[first + 2u * step]; }
      if (used.w) { gradients[3] = dOut[first + 3u * step]; }
      (*sum).top += outer(gradients * top, columns);
      (*sum).bottom += outer(gradients * bottom, columns);
    }
  }
}

fn write(at: u32, value: vec4f) {
  if (params.adds == 1u) { dFeature[at] += value; } else { dFeature[at] = value; }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if (i >= params.count) { return; }
  let lane = i % params.lanes;
  let patchIndex = i / params.lanes;
  let line = patchIndex / params.patchesX;
  let part = line / params.patchesY;
  let x = 4u * (patchIndex % params.patchesX);
  let y = (params.rowFrom & ~1u) + 2u * (line % params.patchesY);
  let image = params.firstImage + part;
  let tile = (image * params.tilesY + y / TILE) * params.tilesX + x / TILE;
  let perRoi = params.resolution * params.resolution * params.lanes;
  var sum = Patch();
  for (var word = 0u; word < params.words; word++) {
    var bits = tiles[tile * params.words + word];
    while (bits != 0u) {
      let m = image * params.rowsPerImage + 32u * word + firstTrailingBit(bits);
      bits &= bits - 1u;
      if (m < params.roiFrom || m >= params.roiTo) { continue; }
      addRoi(&sum, binsOf(rois[m]), vec2u(x, y), params.outBase + (m - params.roiFrom) * perRoi + lane);
    }
  }
  let rowFirst = part * (params.rowTo - params.rowFrom);
  for (var j = 0u; j < min(4u, params.width - x); j++) {
    if (y >= params.rowFrom) {
      write(params.featureBase + ((rowFirst + y - params.rowFrom) * params.width + x + j) * params.lanes + lane, sum.top[j]);
    }
    if (y + 1u < params.rowTo) {
      write(params.featureBase + ((rowFirst + y + 1u - params.rowFrom) * params.width + x + j) * params.lanes + lane, sum.bottom[j]);
    }
  }
}
