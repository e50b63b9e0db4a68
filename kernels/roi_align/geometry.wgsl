// What the RoIAlign kernels share; it stands before each of them and reads their `params`.

// Coordinates that are equal on paper differ in the last bits between devices, and RoIs cut off at the right
// border have samples exactly on it. A sample this close outside counts as on the border.
const SLACK = 0.0009765625;

// Pixels along each side of a tile of tiles.wgsl.
const TILE = 8u;

// Bins of an RoI along both axes, in pixels of the feature map.
struct Bins { start: vec2f, size: vec2f }

fn binsOf(roi: vec4f) -> Bins {
  let side = max((roi.zw - roi.xy) * params.scale, vec2f(1.0));
  return Bins(roi.xy * params.scale, side / f32(params.resolution));
}

fn samplePosition(start: f32, size: f32, bin: u32, sample: u32) -> f32 {
  return start + (f32(bin) + (f32(sample) + 0.5) / f32(params.samples)) * size;
}

fn isInside(position: f32, extent: u32) -> bool {
  return position >= -1.0 - SLACK && position <= f32(extent) + SLACK;
}

// True where the RoI is pooled from this level: from ≤ area < to; the first level takes all below, and NaN.
fn isOfLevel(roi: vec4f) -> bool {
  let size = roi.zw - roi.xy + 1.0;
  let area = size.x * size.y;
  return (params.isFirst == 1u || area >= params.areaFrom) && !(area >= params.areaTo);
}
