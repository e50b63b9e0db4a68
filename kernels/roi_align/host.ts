/**
 * RoIAlign of one pyramid level over typed arrays. Weights are a product of one of the row and one of the column, so
 * that an RoI is pooled along y by a matrix product, straight from the map: `rows[bin, x, c] = Σ weight · map[y, x, c]`;
 * then along x, where a bin reads few pixels. The gradient goes the same way back.
 */
import { type FloatArray, gemm, type Product } from "../../core/runtime/mod.ts";
import { Axis, isOfLevel, type LevelParams } from "./taps.ts";

/** Writes the rows of `out` whose RoIs are of this level. */
export function forward(
  { feature, rois, valid, out }: {
    feature: FloatArray;
    rois: FloatArray;
    valid: Int32Array;
    out: FloatArray;
  },
  params: LevelParams,
): void {
  const { channels, resolution, isFirst } = params;
  const perRoi = resolution * resolution * channels;
  const pooled = new PooledRows(params, feature);
  for (let m = 0; m < params.images * params.rowsPerImage; m++) {
    const isPadding = valid[m]! < 0;
    if (isPadding ? !isFirst : !isOfLevel(rois, m, params)) continue;
    const at = m * perRoi;
    if (isPadding || !pooled.place(rois, m)) out.fill(0, at, at + perRoi);
    else {
      pooled.poolRows(feature);
      pooled.poolColumns(out, at);
    }
  }
}

/** dFeature = the gradient of this level's map, scattered from the rows of `dOut` that are of this level. */
export function backwardFeature(
  { dOut, rois, valid, dFeature }: {
    dOut: FloatArray;
    rois: FloatArray;
    valid: Int32Array;
    dFeature: FloatArray;
  },
  params: LevelParams,
): void {
  const { images, height, width, channels, resolution } = params;
  const perRoi = resolution * resolution * channels;
  const pooled = new PooledRows(params, dFeature);
  dFeature.fill(0, 0, images * height * width * channels);
  for (let m = 0; m < images * params.rowsPerImage; m++) {
    if (valid[m]! < 0 || !isOfLevel(rois, m, params) || !pooled.place(rois, m)) continue;
    pooled.spreadColumns(dOut, m * perRoi);
    pooled.spreadRows(dFeature);
  }
}

/** One RoI's part of the map, pooled along y: `[resolution, columns, C]`; and how it is pooled. */
class PooledRows {
  readonly #params: LevelParams;
  readonly #x: Axis;
  readonly #y: Axis;
  readonly #like: FloatArray;
  #rows: FloatArray;
  #matrix: FloatArray;
  /** The element of the map that the RoI's part begins with. */
  #first = 0;

  /** Computes in the precision of `like`. */
  constructor(params: LevelParams, like: FloatArray) {
    this.#params = params;
    this.#x = new Axis(params.resolution);
    this.#y = new Axis(params.resolution);
    this.#like = like;
    this.#rows = this.#matrix = like.subarray(0, 0);
  }

  /** Becomes RoI `m`. @returns false where it reads nothing of the map */
  place(rois: FloatArray, m: number): boolean {
    const { height, width, channels, rowsPerImage, resolution } = this.#params;
    const roi = m * 4, x = this.#x, y = this.#y;
    x.place({ from: rois[roi]!, to: rois[roi + 2]!, extent: width }, this.#params);
    y.place({ from: rois[roi + 1]!, to: rois[roi + 3]!, extent: height }, this.#params);
    if (x.extent === 0 || y.extent === 0) return false;
    this.#rows = this.#atLeast(this.#rows, resolution * x.extent * channels);
    this.#matrix = this.#atLeast(this.#matrix, resolution * y.extent);
    y.writeMatrix(this.#matrix);
    const line = Math.floor(m / rowsPerImage) * height + y.first;
    this.#first = (line * width + x.first) * channels;
    return true;
  }

  /** rows = weights · map. */
  poolRows(feature: FloatArray): void {
    const { resolution } = this.#params, k = this.#y.extent;
    gemm({
      m: resolution,
      k,
      a: { data: this.#matrix, stride: k },
      ...this.#product(feature, "b"),
    });
  }

  /** out[at + (row, column, c)] = Σ weight · rows[row, x, c] over the column's pixels. */
  poolColumns(out: FloatArray, at: number): void {
    const { channels, resolution } = this.#params;
    for (let bin = 0; bin < resolution * resolution; bin++) {
      pool(this.#rows, out, this.#bin(bin, at + bin * channels));
    }
  }

  /** rows[row, x, c] = Σ weight · dOut[at + (row, column, c)] over the columns that read x. */
  spreadColumns(dOut: FloatArray, at: number): void {
    const { channels, resolution } = this.#params;
    this.#rows.fill(0, 0, resolution * this.#x.extent * channels);
    for (let bin = 0; bin < resolution * resolution; bin++) {
      spread(dOut, this.#rows, this.#bin(bin, at + bin * channels));
    }
  }

  /** map += weightsᵀ · rows. */
  spreadRows(dFeature: FloatArray): void {
    const { resolution } = this.#params, m = this.#y.extent;
    gemm({
      m,
      k: resolution,
      a: { data: this.#matrix, stride: m, transpose: true },
      ...this.#product(dFeature, "c"),
      beta: 1,
    });
  }

  /** The two factors that are as wide as the RoI's part of the map, which is `map`. */
  #product(data: FloatArray, map: "b" | "c"): Pick<Product, "n" | "b" | "c"> {
    const { width, channels } = this.#params, n = this.#x.extent * channels;
    const part = { data, offset: this.#first, stride: width * channels };
    const rows = { data: this.#rows, stride: n };
    return map === "b" ? { n, b: part, c: rows } : { n, b: rows, c: part };
  }

  #bin(bin: number, at: number): Bin {
    const { channels, resolution } = this.#params;
    const row = Math.floor(bin / resolution), column = bin % resolution;
    const start = (row * this.#x.extent - this.#x.first) * channels;
    return { axis: this.#x, column, start, channels, at };
  }

  #atLeast(array: FloatArray, size: number): FloatArray {
    if (array.length >= size) return array;
    return this.#like instanceof Float32Array ? new Float32Array(size) : new Float64Array(size);
  }
}

/** One bin: column `column` of the axis, in pixels from element `start` of the rows on. */
interface Bin {
  readonly axis: Axis;
  readonly column: number;
  readonly start: number;
  readonly channels: number;
  /** Its first channel in the pooled array. */
  readonly at: number;
}

/** out[at + c] = Σ weight · rows over the bin's pixels, four channels at a time, which stay in registers. */
function pool(
  rows: FloatArray,
  out: FloatArray,
  { axis, column, start, channels, at }: Bin,
): void {
  const { pixels, weights } = axis;
  const first = column * axis.perBin, end = first + axis.used[column]!;
  let c = 0;
  for (; c + 4 <= channels; c += 4) {
    let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (let tap = first; tap < end; tap++) {
      const from = start + pixels[tap]! * channels + c, weight = weights[tap]!;
      s0 += weight * rows[from]!;
      s1 += weight * rows[from + 1]!;
      s2 += weight * rows[from + 2]!;
      s3 += weight * rows[from + 3]!;
    }
    out[at + c] = s0;
    out[at + c + 1] = s1;
    out[at + c + 2] = s2;
    out[at + c + 3] = s3;
  }
  for (; c < channels; c++) {
    let sum = 0;
    for (let tap = first; tap < end; tap++) {
      sum += weights[tap]! * rows[start + pixels[tap]! * channels + c]!;
    }
    out[at + c] = sum;
  }
}

/** rows at the bin's pixels += weight · dOut[at + c]. */
function spread(
  dOut: FloatArray,
  rows: FloatArray,
  { axis, column, start, channels, at }: Bin,
): void {
  const { pixels, weights } = axis;
  const first = column * axis.perBin, end = first + axis.used[column]!;
  for (let tap = first; tap < end; tap++) {
    const to = start + pixels[tap]! * channels, weight = weights[tap]!;
    for (let c = 0; c < channels; c++) rows[to + c]! += weight * dOut[at + c]!;
  }
}
