// Gather convolution: destination pixel (n, u, v) = Σ over taps and channels of source · weight. With other
// uniforms it is the forward convolution (source x, destination out) and, with `transposed`, the gradient of the
// input (source dOut, destination dX): of a strided one, each phase (pixel index mod stride) is a gather of its own
// with those taps that reach it. Along y (and x alike) the tap t of grid row u reads
// source row u · mulY + offsetY + t · tapStepY with the kernel's row kyStart + t · kyStep.
// All source and destination offsets count elements from the start of the bindings, which may be parts.
struct Params {
  pixels: u32, gridH: u32, gridW: u32, row: u32,        // grid pixels of this part; workgroup tiles per grid row
  sourceH: u32, sourceW: u32, sourceC: u32, sourceBase: u32,
  destinationImage: u32, destinationRow: u32, destinationColumn: u32, destinationBase: u32,
  mulY: i32, offsetY: i32, tapStepY: i32, kyStart: u32, kyStep: u32, kyCount: u32,
  mulX: i32, offsetX: i32, tapStepX: i32, kxStart: u32, kxStep: u32, kxCount: u32,
  kw: u32, weightC: u32, weightO: u32,                  // the weight is [kh, kw, weightC, weightO]
  inner: u32, outer: u32, blocks: u32, blocksPerGroup: u32, // channels per group summed over and made; fours of these
  hasBias: u32, relu: u32,
  rowFirst: u32, rowEnd: u32, blockFirst: u32, blocksHere: u32, // what one launch of uniform.wgsl sums and makes
  packedFirst: u32, packedStep: u32, groupStep: u32,    // tiles of straight/gather.wgsl: first, along columns, groups
}
@group(0) @binding(0) var<uniform> params: Params;

// The place (image, row, column) of a grid pixel, and of the pixel after: of consecutive ones only the first is divided,
// which an emulated GPU does lane by lane.
fn placeOf(pixel: u32) -> vec3u {
  let row = pixel / params.gridW;
  return vec3u(row / params.gridH, row % params.gridH, pixel % params.gridW);
}
fn placeAfter(place: vec3u) -> vec3u {
  let endsRow = place.z + 1u == params.gridW;
  let endsImage = endsRow && place.y + 1u == params.gridH;
  return vec3u(
    place.x + select(0u, 1u, endsImage),
    select(place.y + select(0u, 1u, endsRow), 0u, endsImage),
    select(place.z + 1u, 0u, endsRow));
}

// Where the window of a place starts in the source: (row, column, index of its first channel; may lie outside).
fn windowOf(place: vec3u, group: u32) -> vec3i {
  let y = i32(place.y) * params.mulY + params.offsetY;
  let x = i32(place.z) * params.mulX + params.offsetX;
  let row = i32(place.x * params.sourceH) + y;
  let index = (row * i32(params.sourceW) + x) * i32(params.sourceC);
  return vec3i(y, x, index + i32(params.sourceBase + group * params.inner));
}

// True where the tap (ty, tx) of a window lies within the source.
fn isInside(window: vec3i, ty: u32, tx: u32) -> bool {
  let y = window.x + i32(ty) * params.tapStepY;
  let x = window.y + i32(tx) * params.tapStepX;
  return y >= 0 && y < i32(params.sourceH) && x >= 0 && x < i32(params.sourceW);
}

// What a tap adds to the index of a window.
fn shiftOf(ty: u32, tx: u32) -> i32 {
  return (i32(ty) * params.tapStepY * i32(params.sourceW) + i32(tx) * params.tapStepX) * i32(params.sourceC);
}

// Index of the first outer channel of a place in the destination.
fn startOf(place: vec3u, group: u32) -> u32 {
  return params.destinationBase + place.x * params.destinationImage + place.y * params.destinationRow +
    place.z * params.destinationColumn + group * params.outer;
}

// Adds what earlier launches summed and the bias, applies the ReLU and writes the outer channels o..o+3 of a place.
fn finish(place: vec3u, group: u32, o: u32, sum: vec4f) {
  let at = startOf(place, group) + o;
  let count = min(4u, params.outer - o);
  var value = sum;
  if (params.rowFirst != 0u) { value += loadDestination(at, count); }
  if (params.hasBias != 0u) { value += loadBias(group * params.outer + o, count); }
  if (params.relu != 0u) { value = select(value, vec4f(), value <= vec4f()); }
  store(at, count, value);
}
