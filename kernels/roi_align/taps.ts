/** The pixels that an RoI's bins read, and their weights. */
import type { FloatArray } from "../../core/runtime/mod.ts";

/** One level's map, the RoIs' layout, and which RoIs are the level's. */
export interface LevelParams {
  readonly images: number;
  readonly rowsPerImage: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly resolution: number;
  /** Samples along each axis of a bin; 0: as many as it has pixels, rounded up. */
  readonly samples: number;
  /** Feature pixels per image pixel. */
  readonly scale: number;
  /** The finest level: it also takes areas that are no number, and writes the zeros of padding. */
  readonly isFirst: boolean;
  /** RoIs of this level: areaFrom ≤ area in the image < areaTo. */
  readonly areaFrom: number;
  readonly areaTo: number;
  /** Corners are this much further up and left on the map. */
  readonly shift: number;
  /** Sides on the map are at least this. */
  readonly leastSide: number;
  /** Sides in the image are x2 − x1 + offset. */
  readonly offset: number;
}

/** A sample this close outside the border counts as on it: see geometry.wgsl. */
const SLACK = 2 ** -10;

/** What the bins of one RoI read along one axis: per bin up to `perBin` pixels, each once. */
interface Axis {
  pixels: Int32Array;
  weights: Float64Array;
  perBin: number;
  /** Pixels of each bin. */
  readonly used: Int32Array;
}

const { fround, max, min } = Math;

/**
 * Taps of one RoI, bin by bin: `out[bin] = Σ weight · feature[pixel]`, where a pixel is the offset of its first
 * channel. Samples that share a pixel are joined: a bin of 2×2 samples has 4 to 16 taps.
 */
export class Taps {
  /** First tap of each bin, row by row, and the end of the last. */
  readonly starts: Int32Array;
  pixels = new Int32Array(0);
  weights = new Float64Array(0);
  readonly #params: LevelParams;
  readonly #x: Axis;
  readonly #y: Axis;

  constructor(params: LevelParams) {
    this.#params = params;
    this.starts = new Int32Array(params.resolution ** 2 + 1);
    this.#x = newAxis(params.resolution);
    this.#y = newAxis(params.resolution);
  }

  /** Becomes the taps of RoI `m`. */
  place(rois: FloatArray, m: number): void {
    const { resolution, height, width, channels, rowsPerImage } = this.#params;
    const roi = m * 4;
    const [x, y] = [this.#x, this.#y];
    fillAxis(x, { from: rois[roi]!, to: rois[roi + 2]!, extent: width }, this.#params);
    fillAxis(y, { from: rois[roi + 1]!, to: rois[roi + 3]!, extent: height }, this.#params);
    this.#reserve(resolution * resolution * x.perBin * y.perBin);
    const image = Math.floor(m / rowsPerImage) * height;
    let count = 0;
    for (let bin = 0; bin < resolution * resolution; bin++) {
      const row = Math.floor(bin / resolution), column = bin % resolution;
      const ph = row * y.perBin, pw = column * x.perBin;
      const rows = y.used[row]!, columns = x.used[column]!;
      for (let i = ph; i < ph + rows; i++) {
        const line = (image + y.pixels[i]!) * width;
        for (let j = pw; j < pw + columns; j++) {
          this.pixels[count] = (line + x.pixels[j]!) * channels;
          this.weights[count++] = y.weights[i]! * x.weights[j]!;
        }
      }
      this.starts[bin + 1] = count;
    }
  }

  #reserve(capacity: number): void {
    if (this.pixels.length >= capacity) return;
    this.pixels = new Int32Array(capacity);
    this.weights = new Float64Array(capacity);
  }
}

/** True where RoI `m` is pooled from this level; in float32 as on every device. */
export function isOfLevel(rois: FloatArray, m: number, params: LevelParams): boolean {
  const width = fround(fround(rois[m * 4 + 2]! - rois[m * 4]!) + params.offset);
  const height = fround(fround(rois[m * 4 + 3]! - rois[m * 4 + 1]!) + params.offset);
  const area = fround(width * height);
  return (params.isFirst || area >= params.areaFrom) && !(area >= params.areaTo);
}

function newAxis(resolution: number): Axis {
  return {
    pixels: new Int32Array(0),
    weights: new Float64Array(0),
    perBin: 0,
    used: new Int32Array(resolution),
  };
}

/** Samples along a bin: as given, or one a pixel, counted in float32 as on every device. */
function samplesOf(
  { from, to }: { from: number; to: number },
  { samples, scale, shift, leastSide, resolution }: LevelParams,
): number {
  if (samples > 0) return samples;
  const side = fround(fround(to * scale - shift) - fround(from * scale - shift));
  return Math.ceil(max(side, leastSide) / resolution);
}

function fillAxis(
  axis: Axis,
  ends: { from: number; to: number; extent: number },
  params: LevelParams,
): void {
  const { resolution, scale, shift, leastSide } = params;
  const samples = samplesOf(ends, params), { extent } = ends;
  const start = ends.from * scale - shift;
  const size = max(ends.to * scale - shift - start, leastSide) / resolution;
  axis.perBin = 2 * samples;
  if (axis.pixels.length < resolution * axis.perBin) {
    axis.pixels = new Int32Array(resolution * axis.perBin);
    axis.weights = new Float64Array(resolution * axis.perBin);
  }
  for (let bin = 0; bin < resolution; bin++) {
    axis.used[bin] = 0;
    for (let s = 0; s < samples; s++) {
      const position = start + (bin + (s + 0.5) / samples) * size;
      if (!(position >= -1 - SLACK && position <= extent + SLACK)) continue;
      const clamped = max(0, min(position, extent - 1));
      const low = Math.floor(clamped), part = clamped - low;
      addPixel(axis, bin, { pixel: low, weight: (1 - part) / samples });
      if (part > 0) addPixel(axis, bin, { pixel: low + 1, weight: part / samples });
    }
  }
}

function addPixel(
  { pixels, weights, used, perBin }: Axis,
  bin: number,
  { pixel, weight }: { pixel: number; weight: number },
): void {
  const first = bin * perBin, end = first + used[bin]!;
  for (let i = first; i < end; i++) {
    if (pixels[i] === pixel) {
      weights[i]! += weight;
      return;
    }
  }
  pixels[end] = pixel;
  weights[end] = weight;
  used[bin]!++;
}
