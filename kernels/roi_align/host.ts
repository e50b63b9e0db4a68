/**
 * RoIAlign of one pyramid level over typed arrays. Weights are a product of one of the row and one of the column, so
 * that an RoI is pooled along y by a matrix product, straight from the map: `rows[bin, x, c] = Σ weight · map[y, x, c]`;
 * then along x by one for each row of bins. The gradient goes the same way back.
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
  /** Weights of pixels along each axis, `[resolution, extent]`. */
  #xMatrix: FloatArray;
  #yMatrix: FloatArray;
  /** The element of the map that the RoI's part begins with. */
  #first = 0;

  /** Computes in the precision of `like`. */
  constructor(params: LevelParams, like: FloatArray) {
    this.#params = params;
    this.#x = new Axis(params.resolution);
    this.#y = new Axis(params.resolution);
    this.#like = like;
    this.#rows = this.#xMatrix = this.#yMatrix = like.subarray(0, 0);
  }

  /** Becomes RoI `m`. @returns false where it reads nothing of the map */
  place(rois: FloatArray, m: number): boolean {
    const { height, width, channels, rowsPerImage, resolution } = this.#params;
    const roi = m * 4, x = this.#x, y = this.#y;
    x.place({ from: rois[roi]!, to: rois[roi + 2]!, extent: width }, this.#params);
    y.place({ from: rois[roi + 1]!, to: rois[roi + 3]!, extent: height }, this.#params);
    if (x.extent === 0 || y.extent === 0) return false;
    this.#rows = this.#atLeast(this.#rows, resolution * x.extent * channels);
    this.#xMatrix = this.#atLeast(this.#xMatrix, resolution * x.extent);
    this.#yMatrix = this.#atLeast(this.#yMatrix, resolution * y.extent);
    x.writeMatrix(this.#xMatrix);
    y.writeMatrix(this.#yMatrix);
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
      a: { data: this.#yMatrix, stride: k },
      ...this.#product(feature, "b"),
    });
  }

  /** out[at + (row, column, c)] = Σ weight · rows[row, x, c]. */
  poolColumns(out: FloatArray, at: number): void {
    const { resolution } = this.#params, k = this.#x.extent;
    const a = { data: this.#xMatrix, stride: k };
    for (let row = 0; row < resolution; row++) {
      const { bins, pixels } = this.#row(row, { data: out, at });
      gemm({ m: resolution, n: this.#params.channels, k, a, b: pixels, c: bins });
    }
  }

  /** rows[row, x, c] = Σ weight · dOut[at + (row, column, c)]. */
  spreadColumns(dOut: FloatArray, at: number): void {
    const { resolution } = this.#params, m = this.#x.extent;
    const a = { data: this.#xMatrix, stride: m, transpose: true };
    for (let row = 0; row < resolution; row++) {
      const { bins, pixels } = this.#row(row, { data: dOut, at });
      gemm({ m, n: this.#params.channels, k: resolution, a, b: bins, c: pixels });
    }
  }

  /** map += weightsᵀ · rows. */
  spreadRows(dFeature: FloatArray): void {
    const { resolution } = this.#params, m = this.#y.extent;
    gemm({
      m,
      k: resolution,
      a: { data: this.#yMatrix, stride: m, transpose: true },
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

  /** A row of bins in the pooled array, whose RoI begins at `at`, and the pixels that they read. */
  #row(row: number, { data, at }: { data: FloatArray; at: number }) {
    const { channels, resolution } = this.#params;
    return {
      bins: { data, offset: at + row * resolution * channels, stride: channels },
      pixels: { data: this.#rows, offset: row * this.#x.extent * channels, stride: channels },
    };
  }

  #atLeast(array: FloatArray, size: number): FloatArray {
    if (array.length >= size) return array;
    return this.#like instanceof Float32Array ? new Float32Array(size) : new Float64Array(size);
  }
}
