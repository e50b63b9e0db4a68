/**
 * GroupNorm's statistics and gradients over typed arrays; shapes as in mod.ts. Sums are in float64; the ReLU's mask
 * is a factor, as in channel_affine/host.ts.
 */
import type { FloatArray } from "../../core/runtime/mod.ts";

/** Extents: N images of `pixels` pixels and `channels` channels in `groups` groups. */
export interface GroupNormExtent {
  readonly images: number;
  readonly pixels: number;
  readonly channels: number;
  readonly groups: number;
}

type Arrays<Names extends string> = Record<Names, FloatArray>;

/** mean, rstd [N, G], and the affine's tables scale = rstd·gamma, shift = beta − mean·scale [N, C]. */
export function moments(
  arrays: Arrays<"x" | "gamma" | "beta" | "mean" | "rstd" | "scale" | "shift">,
  extent: GroupNormExtent & { epsilon: number },
): void {
  const { gamma, beta, mean, rstd, scale, shift } = arrays;
  const { images, pixels, channels, groups, epsilon } = extent;
  const width = channels / groups, count = pixels * width;
  const sums = new Float64Array(groups), squares = new Float64Array(groups);
  for (let n = 0; n < images; n++) {
    sumsOfImage(arrays.x, n * pixels * channels, extent, { sums, squares });
    for (let g = 0; g < groups; g++) {
      const average = sums[g]! / count;
      const variance = Math.max(0, squares[g]! / count - average * average);
      // max(0, NaN) is NaN in JavaScript, so a NaN in x is not lost here.
      const inverse = 1 / Math.sqrt(variance + epsilon);
      mean[n * groups + g] = average;
      rstd[n * groups + g] = inverse;
      for (let c = g * width; c < (g + 1) * width; c++) {
        const factor = inverse * gamma[c]!;
        scale[n * channels + c] = factor;
        shift[n * channels + c] = beta[c]! - average * factor;
      }
    }
  }
}

/** Sums and sums of squares per group over one image, whose elements begin at `start`. */
function sumsOfImage(
  x: FloatArray,
  start: number,
  { pixels, channels, groups }: GroupNormExtent,
  { sums, squares }: { sums: Float64Array; squares: Float64Array },
): void {
  const width = channels / groups;
  sums.fill(0);
  squares.fill(0);
  let i = start;
  for (let p = 0; p < pixels; p++) {
    for (let g = 0; g < groups; g++) {
      let sum = 0, square = 0;
      for (const end = i + width; i < end; i++) {
        const value = x[i]!;
        sum += value;
        square += value * value;
      }
      sums[g]! += sum;
      squares[g]! += square;
    }
  }
}

/** All gradients; dX is left alone where not `needsX`. */
export function backward(
  arrays: Arrays<"dOut" | "out" | "x" | "gamma" | "mean" | "rstd" | "dX" | "dGamma" | "dBeta">,
  options: GroupNormExtent & { relu: boolean; needsX: boolean },
): void {
  const { dGamma, dBeta } = arrays;
  const { images, pixels, channels } = options;
  const sums = new Float64Array(channels), products = new Float64Array(channels);
  const totals = new Float64Array(channels), productTotals = new Float64Array(channels);
  for (let n = 0; n < images; n++) {
    const start = n * pixels * channels;
    channelSums(arrays, { ...options, start }, { sums, products });
    normalizeProducts(arrays, { ...options, n }, { sums, products });
    for (let c = 0; c < channels; c++) {
      totals[c]! += sums[c]!;
      productTotals[c]! += products[c]!;
    }
    if (options.needsX) gradientOfImage(arrays, { ...options, n }, { sums, products });
  }
  dBeta.set(totals);
  dGamma.set(productTotals);
}

interface Sums {
  readonly sums: Float64Array;
  readonly products: Float64Array;
}

/** Σ dY and Σ dY·x per channel over one image. */
function channelSums(
  { dOut, out, x }: Arrays<"dOut" | "out" | "x">,
  { pixels, channels, relu, start }: GroupNormExtent & { relu: boolean; start: number },
  { sums, products }: Sums,
): void {
  sums.fill(0);
  products.fill(0);
  const end = start + pixels * channels, always = Number(!relu);
  for (let pixel = start; pixel < end; pixel += channels) {
    for (let c = 0; c < channels; c++) {
      const i = pixel + c;
      const dY = dOut[i]! * (Number(out[i]! > 0) | always);
      sums[c]! += dY;
      products[c]! += dY * x[i]!;
    }
  }
}

/** Turns Σ dY·x into Σ dY·x̂, x̂ = (x − mean)·rstd. */
function normalizeProducts(
  { mean, rstd }: Arrays<"mean" | "rstd">,
  { channels, groups, n }: GroupNormExtent & { n: number },
  { sums, products }: Sums,
): void {
  const width = channels / groups;
  for (let c = 0; c < channels; c++) {
    const g = n * groups + Math.floor(c / width);
    products[c] = (products[c]! - mean[g]! * sums[c]!) * rstd[g]!;
  }
}

/** dX = rstd·gamma·dY − rstd·(Σ gamma·dY + x̂·Σ gamma·dY·x̂) / m over one image. */
function gradientOfImage(
  { dOut, out, x, gamma, mean, rstd, dX }: Arrays<
    "dOut" | "out" | "x" | "gamma" | "mean" | "rstd" | "dX"
  >,
  { pixels, channels, groups, relu, n }: GroupNormExtent & { relu: boolean; n: number },
  { sums, products }: Sums,
): void {
  const width = channels / groups, m = pixels * width;
  const a = new Float64Array(channels), b = new Float64Array(channels);
  const d = new Float64Array(channels);
  for (let g = 0; g < groups; g++) {
    let s1 = 0, s2 = 0;
    for (let c = g * width; c < (g + 1) * width; c++) {
      s1 += gamma[c]! * sums[c]!;
      s2 += gamma[c]! * products[c]!;
    }
    const inverse = rstd[n * groups + g]!;
    const slope = -inverse * inverse * s2 / m;
    for (let c = g * width; c < (g + 1) * width; c++) {
      a[c] = inverse * gamma[c]!;
      b[c] = slope;
      d[c] = -inverse * s1 / m - slope * mean[n * groups + g]!;
    }
  }
  const start = n * pixels * channels, end = start + pixels * channels;
  const always = Number(!relu);
  for (let pixel = start; pixel < end; pixel += channels) {
    for (let c = 0; c < channels; c++) {
      const i = pixel + c;
      const dY = dOut[i]! * (Number(out[i]! > 0) | always);
      dX[i] = a[c]! * dY + b[c]! * x[i]! + d[c]!;
    }
  }
}
