// backward_feature.wgsl for a software adapter and channels that are a multiple of 4: there loads are what costs, and
// neighbouring pixels take from the same bins. One invocation computes 4 × 2 pixels for eight channels, in the same
// order of RoIs. Prepended: geometry.wgsl, tile_rois.wgsl.
@group(0) @binding(1) var<storage, read> dOut: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> dFeature: array<vec4f>;

// Two rows of four pixels, of two vectors each.
struct Sum { top: array<mat4x4f, 2>, bottom: array<mat4x4f, 2> }

fn outer(column: vec4f, row: vec4f) -> mat4x4f {
  return mat4x4f(column * row.x, column * row.y, column * row.z, column * row.w);
}

// Adds to the patch at `corner` what it gets from the RoI whose bins begin at vector `at` of dOut.
fn addRoi(sum: ptr<function, Sum>, bins: Bins, corner: vec2u, at: u32) {
  let across = Axis(bins.start.x, bins.size.x, bins.samples.x, params.width);
  let down = Axis(bins.start.y, bins.size.y, bins.samples.y, params.height);
  let reachX = binRange(across, corner.x, corner.x + 3u);
  let reachY = binRange(down, corner.y, corner.y + 1u);
  let factor = sampleWeight(bins);
  var ph = reachY.x;
  loop {
    let top = factor * binWeights(down, ph, corner.y);
    let bottom = factor * binWeights(down, ph, corner.y + 1u);
    let used = (top != vec4f()) | (bottom != vec4f());
    if (!any(used)) { continue; }
    var pw = reachX.x;
    loop {
      let columns = pixelWeights(across, pw, corner.x);
      if (all(columns == vec4f())) { continue; }
      let first = at + (ph * params.resolution + pw) * params.channels;
      let step = params.resolution * params.channels;
      var a = mat4x4f();
      var b = mat4x4f();
      let second = first + params.lanes;
      if (used.x) { a[0] = dOut[first]; b[0] = dOut[second]; }
      if (used.y) { a[1] = dOut[first + step]; b[1] = dOut[second + step]; }
      if (used.z) { a[2] = dOut[first + 2u * step]; b[2] = dOut[second + 2u * step]; }
      if (used.w) { a[3] = dOut[first + 3u * step]; b[3] = dOut[second + 3u * step]; }
      (*sum).top[0] += outer(a * top, columns);
      (*sum).bottom[0] += outer(a * bottom, columns);
      (*sum).top[1] += outer(b * top, columns);
      (*sum).bottom[1] += outer(b * bottom, columns);
      continuing {
        pw++;
        break if pw > reachX.y;
      }
    }
    continuing {
      ph += 4u;
      break if ph > reachY.y;
    }
  }
}

fn write(pixel: u32, lane: u32, values: array<vec4f, 2>) {
  let at = params.featureBase + pixel * params.channels + lane;
  var sums = values;
  if (params.adds == 1u) {
    sums[0] += dFeature[at];
    sums[1] += dFeature[at + params.lanes];
  }
  dFeature[at] = sums[0];
  if (lane + params.lanes < params.channels) { dFeature[at + params.lanes] = sums[1]; }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if (i >= params.count) { return; }
  let place = workplaceOf(i);
  let x = 4u * place.column;
  let y = (params.rowFrom & ~1u) + 2u * place.line;
  let lane = place.lane;
  let sum = sumOfRois(params.firstImage + place.part, vec2u(x, y), lane);
  let line0 = place.part * (params.rowTo - params.rowFrom) + y - params.rowFrom;
  var j = 0u;
  loop {
    let pixel = line0 * params.width + x + j;
    if (y >= params.rowFrom) { write(pixel, lane, array(sum.top[0][j], sum.top[1][j])); }
    if (y + 1u < params.rowTo) {
      write(pixel + params.width, lane, array(sum.bottom[0][j], sum.bottom[1][j]));
    }
    continuing {
      j++;
      break if j >= min(4u, params.width - x);
    }
  }
}
