/** The pixels that an RoI's bins read along each axis, and their weights. */
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
export class Axis {
  /** Pixels of the bins, each bin's from `bin · perBin` on, and their weights. */
  pixels = new Int32Array(0);
  weights = new Float64Array(0);
  perBin = 0;
  /** Pixels of each bin. */
  readonly used: Int32Array;
  /** The first pixel that any bin reads. */
  first = 0;
  /** Pixels from the first to the last that are read; 0 where none is. */
  extent = 0;

  constructor(resolution: number) {
    this.used = new Int32Array(resolution);
  }

  /** Becomes the bins between two corners on a map of `extent` pixels. */
  place(ends: { from: number; to: number; extent: number }, params: LevelParams): void {
    fillAxis(this, ends, params);
    let first = Infinity, last = -1;
    for (let bin = 0; bin < this.used.length; bin++) {
      const start = bin * this.perBin;
      for (let i = start; i < start + this.used[bin]!; i++) {
        first = min(first, this.pixels[i]!);
        last = max(last, this.pixels[i]!);
      }
    }
    this.first = last < 0 ? 0 : first;
    this.extent = last < 0 ? 0 : last - first + 1;
  }

  /** matrix[bin · extent + pixel − first] = weight, 0 for pixels that a bin does not read. */
  writeMatrix(matrix: FloatArray): void {
    const { pixels, weights, perBin, used, first, extent } = this;
    matrix.fill(0, 0, used.length * extent);
    for (let bin = 0; bin < used.length; bin++) {
      const start = bin * perBin;
      for (let i = start; i < start + used[bin]!; i++) {
        matrix[bin * extent + pixels[i]! - first] = weights[i]!;
      }
    }
  }
}

const { fround, max, min } = Math;

/** True where RoI `m` is pooled from this level; in float32 as on every device. */
export function isOfLevel(rois: FloatArray, m: number, params: LevelParams): boolean {
  const width = fround(fround(rois[m * 4 + 2]! - rois[m * 4]!) + params.offset);
  const height = fround(fround(rois[m * 4 + 3]! - rois[m * 4 + 1]!) + params.offset);
  const area = fround(width * height);
  return (params.isFirst || area >= params.areaFrom) && !(area >= params.areaTo);
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
