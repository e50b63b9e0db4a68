// dFeature[n][y][x][c] = Σ over RoIs of image n and this level, over bins: dOut[m][ph][pw][c] · the pixel's
// weight in the bin. A bin's weights are separable: (Σ over its sample rows) · (Σ over its sample columns).
// One invocation computes one pixel for eight channels, an eighth of the channels apart (with four it takes
// twice the time on a software adapter: half of the work is to find the RoIs); the order of the sum
// is that of the RoIs. Prepended: geometry.wgsl, tile_rois.wgsl.
@group(0) @binding(1) var<storage, read> dOut: array<f32>;
@group(0) @binding(4) var<storage, read_write> dFeature: array<f32>;

alias Sum = mat2x4f;

// Adds to the pixel at `corner` what it gets from the RoI whose bins begin at number `first` of dOut.
fn addRoi(sum: ptr<function, Sum>, bins: Bins, corner: vec2u, first: u32) {
  let across = Axis(bins.start.x, bins.size.x, bins.samples.x, params.width);
  let down = Axis(bins.start.y, bins.size.y, bins.samples.y, params.height);
  let reachX = binRange(across, corner.x, corner.x);
  let reachY = binRange(down, corner.y, corner.y);
  for (var ph = reachY.x; ph <= reachY.y; ph++) {
    let weightY = sampleWeight(bins) * pixelWeights(down, ph, corner.y).x;
    if (weightY == 0.0) { continue; }
    for (var pw = reachX.x; pw <= reachX.y; pw++) {
      let weight = weightY * pixelWeights(across, pw, corner.x).x;
      if (weight == 0.0) { continue; }
      let at = first + (ph * params.resolution + pw) * params.channels;
      let step = params.lanes;
      *sum += weight * mat2x4f(
        vec4f(dOut[at], dOut[at + step], dOut[at + 2u * step], dOut[at + 3u * step]),
        vec4f(dOut[at + 4u * step], dOut[at + 5u * step], dOut[at + 6u * step], dOut[at + 7u * step]),
      );
    }
  }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if (i >= params.count) { return; }
  let place = workplaceOf(i);
  let lane = place.lane;
  let corner = vec2u(place.column, params.rowFrom + place.line);
  let sum = sumOfRois(params.firstImage + place.part, corner, lane);
  let at = params.featureBase + (i / params.lanes) * params.channels + lane;
  for (var j = 0u; j < 8u && lane + j * params.lanes < params.channels; j++) {
    let slot = at + j * params.lanes;
    var value = sum[j / 4u][j % 4u];
    if (params.adds == 1u) { value += dFeature[slot]; }
    dFeature[slot] = value;
  }
}
