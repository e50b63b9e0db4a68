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
  /** Samples along each axis of a bin. */
  readonly samples: number;
  /** Feature pixels per image pixel. */
  readonly scale: number;
  /** The finest level: it also takes areas that are no number, and writes the zeros of padding. */
  readonly isFirst: boolean;
  /** RoIs of this level: areaFrom ≤ inclusive area < areaTo. */
  readonly areaFrom: number;
  readonly areaTo: number;
}

/** A sample this close outside the border counts as on it: see geometry.wgsl. */
const SLACK = 2 ** -10;

/** What the bins of one RoI read along one axis: per bin up to 2·samples pixels, each once. */
interface Axis {
  readonly pixels: Int32Array;
  readonly weights: Float64Array;
  /** Pixels of each bin. */
  readonly used: Int32Array;
}

const { fround, max, min } = Math;

/**
 * Taps of one RoI: `out[bin] += weight · feature[pixel]`, where bin and pixel are offsets of a first channel.
 * Samples that share a pixel are joined: a bin of 2×2 samples has 4 to 16 taps.
 */
export class Taps {
  readonly bins: Int32Array;
  readonly pixels: Int32Array;
  readonly weights: Float64Array;
  count = 0;
  readonly #params: LevelParams;
  readonly #x: Axis;
  readonly #y: Axis;

  constructor(params: LevelParams) {
    const { resolution, samples } = params;
    const capacity = (resolution * 2 * samples) ** 2;
    this.#params = params;
    this.#x = newAxis(params);
    this.#y = newAxis(params);
    this.bins = new Int32Array(capacity);
    this.pixels = new Int32Array(capacity);
    this.weights = new Float64Array(capacity);
  }

  /** Becomes the taps of RoI `m`. */
  place(rois: FloatArray, m: number): void {
    const { resolution, samples, scale, height, width, channels, rowsPerImage } = this.#params;
    const roi = m * 4, perBin = 2 * samples;
    const [x, y] = [this.#x, this.#y];
    fillAxis(x, { from: rois[roi]! * scale, to: rois[roi + 2]! * scale, extent: width }, samples);
    fillAxis(
      y,
      { from: rois[roi + 1]! * scale, to: rois[roi + 3]! * scale, extent: height },
      samples,
    );
    const image = Math.floor(m / rowsPerImage) * height;
    this.count = 0;
    for (let bin = 0; bin < resolution * resolution; bin++) {
      const ph = Math.floor(bin / resolution) * perBin, pw = (bin % resolution) * perBin;
      const offset = (m * resolution * resolution + bin) * channels;
      const rows = y.used[ph / perBin]!, columns = x.used[pw / perBin]!;
      for (let i = ph; i < ph + rows; i++) {
        const row = (image + y.pixels[i]!) * width;
        for (let j = pw; j < pw + columns; j++) {
          this.bins[this.count] = offset;
          this.pixels[this.count] = (row + x.pixels[j]!) * channels;
          this.weights[this.count++] = y.weights[i]! * x.weights[j]!;
        }
      }
    }
  }
}

/** True where RoI `m` is pooled from this level; in float32 as on every device. */
export function isOfLevel(rois: FloatArray, m: number, params: LevelParams): boolean {
  const width = fround(fround(rois[m * 4 + 2]! - rois[m * 4]!) + 1);
  const height = fround(fround(rois[m * 4 + 3]! - rois[m * 4 + 1]!) + 1);
  const area = fround(width * height);
  return (params.isFirst || area >= params.areaFrom) && !(area >= params.areaTo);
}

function newAxis({ resolution, samples }: LevelParams): Axis {
  return {
    pixels: new Int32Array(resolution * 2 * samples),
    weights: new Float64Array(resolution * 2 * samples),
    used: new Int32Array(resolution),
  };
}

function fillAxis(
  axis: Axis,
  { from, to, extent }: { from: number; to: number; extent: number },
  samples: number,
): void {
  const resolution = axis.used.length;
  const size = max(to - from, 1) / resolution;
  for (let bin = 0; bin < resolution; bin++) {
    axis.used[bin] = 0;
    for (let s = 0; s < samples; s++) {
      const position = from + (bin + (s + 0.5) / samples) * size;
      if (!(position >= -1 - SLACK && position <= extent + SLACK)) continue;
      const clamped = max(0, min(position, extent - 1));
      const low = Math.floor(clamped), part = clamped - low;
      addPixel(axis, bin, { pixel: low, weight: (1 - part) / samples, samples });
      if (part > 0) addPixel(axis, bin, { pixel: low + 1, weight: part / samples, samples });
    }
  }
}

function addPixel(
  { pixels, weights, used }: Axis,
  bin: number,
  { pixel, weight, samples }: { pixel: number; weight: number; samples: number },
): void {
  const first = bin * 2 * samples, end = first + used[bin]!;
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
