// What the RoIAlign kernels share; it stands before each of them. A dispatch sees rows rowFrom … rowTo - 1 of some images'
// feature maps and RoIs roiFrom … roiTo - 1; not every kernel needs all that it is told.
// Short loops test at their end: where one tests at its start, a software adapter runs its body once more for no lane.
struct Params {
  count: u32, // invocations
  row: u32, // of them, in a row of the grid
  firstImage: u32,
  rowFrom: u32,
  rowTo: u32,
  roiFrom: u32,
  roiTo: u32,
  rowsPerImage: u32, // RoIs
  words: u32, // ceil(rowsPerImage / 32): of a tile's mask
  tilesX: u32,
  tilesY: u32,
  placesX: u32, // pixels or patches of the rows of an image, whichever one invocation computes
  placesY: u32,
  height: u32,
  width: u32,
  channels: u32, // in numbers or in vectors of four, as are lanes and bases
  lanes: u32, // invocations that share the channels of a place
  featureBase: u32,
  outBase: u32, // of RoI roiFrom in what is pooled, or in its gradient
  resolution: u32,
  samples: u32, // along each axis of a bin; 0: as many as the bin has pixels, rounded up
  isFirst: u32, // 1: the finest level, which also writes the zeros of padding
  adds: u32, // 1: adds to what another dispatch has begun
  scale: f32,
  areaFrom: f32,
  areaTo: f32,
  shift: f32, // of a RoI's corners, in pixels of the map
  leastSide: f32, // of a RoI on the map
  offset: f32, // sides in the image are x2 - x1 + offset
}
@group(0) @binding(0) var<uniform> params: Params;

// Coordinates that are equal on paper differ in the last bits between devices, and RoIs cut off at the right
// border have samples exactly on it. A sample this close outside counts as on the border.
const SLACK = 0.0009765625;

// Pixels along each side of a tile of tiles.wgsl.
const TILE = 4u;

// Bins of an RoI along both axes, in pixels of the feature map, and the samples of a bin along each.
struct Bins { start: vec2f, size: vec2f, samples: vec2u }

fn binsOf(roi: vec4f) -> Bins {
  let start = roi.xy * params.scale - params.shift;
  let side = max(roi.zw * params.scale - params.shift - start, vec2f(params.leastSide));
  let bins = f32(params.resolution);
  let samples = select(vec2u(params.samples), samplesOf(side, bins), params.samples == 0u);
  return Bins(start, side / bins, samples);
}

// ceil(side / bins), of products, which all devices round alike.
fn samplesOf(side: vec2f, bins: f32) -> vec2u {
  let near = floor(side / bins);
  let below = select(near, near - 1.0, (near - 1.0) * bins >= side);
  return vec2u(select(below + 1.0, below, below * bins >= side));
}

// What the sum over a bin's samples is multiplied with.
fn sampleWeight(bins: Bins) -> f32 { return 1.0 / f32(max(1u, bins.samples.x * bins.samples.y)); }

fn samplePosition(start: f32, size: f32, bin: u32, place: f32) -> f32 {
  return start + (f32(bin) + place) * size;
}

// Where sample `sample` of `samples` lies in its bin, from 0 to 1. A product, as loops over samples divide just once.
fn placeOf(sample: u32, samples: u32) -> f32 { return (f32(sample) + 0.5) * (1.0 / f32(samples)); }

fn isInside(position: f32, extent: u32) -> bool {
  return position >= -1.0 - SLACK && position <= f32(extent) + SLACK;
}

// The bins of an RoI along one axis, and the pixels of the map along it.
struct Axis { start: f32, size: f32, samples: u32, extent: u32 }

// Sums over the bin's samples of the bilinear weights of pixels `pixel` … `pixel` + 3.
fn pixelWeights(axis: Axis, bin: u32, pixel: u32) -> vec4f {
  let pixels = f32(pixel) + vec4f(0.0, 1.0, 2.0, 3.0);
  var sum = vec4f();
  var s = 0u;
  loop {
    let position = samplePosition(axis.start, axis.size, bin, placeOf(s, axis.samples));
    let distances = abs(clamp(position, 0.0, f32(axis.extent - 1u)) - pixels);
    sum += select(vec4f(), max(vec4f(), 1.0 - distances), isInside(position, axis.extent));
    continuing {
      s++;
      break if s >= axis.samples;
    }
  }
  return select(sum, vec4f(), axis.samples == 0u);
}

// Weight of pixel `pixel` in bins `bin` … `bin` + 3.
fn binWeights(axis: Axis, bin: u32, pixel: u32) -> vec4f {
  let bins = f32(bin) + vec4f(0.0, 1.0, 2.0, 3.0);
  var sum = vec4f();
  var s = 0u;
  loop {
    let positions = axis.start + (bins + placeOf(s, axis.samples)) * axis.size;
    let end = f32(axis.extent);
    let distances = abs(clamp(positions, vec4f(0.0), vec4f(end - 1.0)) - f32(pixel));
    let inside = positions >= vec4f(-1.0 - SLACK) & positions <= vec4f(end + SLACK);
    sum += select(vec4f(), max(vec4f(), 1.0 - distances), inside);
    continuing {
      s++;
      break if s >= axis.samples;
    }
  }
  return select(vec4f(), sum, bins < vec4f(select(0.0, f32(params.resolution), axis.samples > 0u)));
}

// The first and last bin with a sample less than a pixel from pixels `first` … `last`, which at a border also take
// what lies outside.
fn binRange(axis: Axis, first: u32, last: u32) -> vec2u {
  let end = f32(params.resolution) - 1.0;
  let low = select(floor((f32(first) - 1.0 - axis.start) / axis.size), 0.0, first == 0u);
  let high = select(floor((f32(last) + 1.0 - axis.start) / axis.size), end, last + 1u >= axis.extent);
  return vec2u(vec2f(clamp(low, 0.0, end), clamp(high, 0.0, end)));
}

// True where the RoI is pooled from this level: from ≤ area < to; the first level takes all below, and NaN.
fn isOfLevel(roi: vec4f) -> bool {
  let size = roi.zw - roi.xy + params.offset;
  let area = size.x * size.y;
  return (params.isFirst == 1u || area >= params.areaFrom) && !(area >= params.areaTo);
}
