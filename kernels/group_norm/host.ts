/**
 * GroupNorm's statistics and gradients over typed arrays; shapes as in mod.ts. In float32 by vectors, whose sums are
 * of differences from a first pixel, so that a large mean takes no digits of the variance. In the loops the ReLU's
 * mask is a factor, as in channel_affine/host.ts.
 */
import { type FloatArray, lanes, suitsVectors, vectorLoop } from "../../core/runtime/mod.ts";

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
  const width = channels / groups;
  for (let n = 0; n < images; n++) {
    const sums = sumsOfImage(arrays.x, n * pixels * channels, extent);
    for (let g = 0; g < groups; g++) {
      const { average, squares } = momentsOfGroup(sums, g * width, { pixels, width });
      const variance = Math.max(0, squares / (pixels * width));
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

/** Per channel of one image: its first pixel, and sums over all pixels of the differences from that. */
interface CenteredSums {
  readonly center: FloatArray;
  readonly sums: Float64Array;
  readonly squares: Float64Array;
}

const { add, multiply, subtract, wherePositive } = lanes;

const centeredSums = vectorLoop({
  streams: ["x"],
  tables: ["center"],
  sums: ({ x, center }) => {
    const difference = subtract(x, center);
    return { sums: difference, squares: multiply(difference, difference) };
  },
});

/** The sums of the image whose elements begin at `start`. */
function sumsOfImage(
  x: FloatArray,
  start: number,
  { pixels, channels }: GroupNormExtent,
): CenteredSums {
  const sums = new Float64Array(channels), squares = new Float64Array(channels);
  const end = start + pixels * channels,
    center = x.subarray(start, Math.min(end, start + channels));
  const arrays = { x, center };
  if (suitsVectors(arrays, { size: end - start, period: channels })) {
    centeredSums({ ...arrays, sums, squares }, { start, end, period: channels });
    return { center, sums, squares };
  }
  for (let pixel = start; pixel < end; pixel += channels) {
    for (let c = 0; c < channels; c++) {
      const difference = x[pixel + c]! - center[c]!;
      sums[c]! += difference;
      squares[c]! += difference * difference;
    }
  }
  return { center, sums, squares };
}

/** A group's mean, and the sum of the squares of the differences from it; the group begins at channel `first`. */
function momentsOfGroup(
  { center, sums, squares }: CenteredSums,
  first: number,
  { pixels, width }: { pixels: number; width: number },
): { average: number; squares: number } {
  let total = 0;
  for (let c = first; c < first + width; c++) total += sums[c]! + pixels * center[c]!;
  const average = total / (pixels * width);
  let sum = 0;
  for (let c = first; c < first + width; c++) {
    const off = average - center[c]!;
    sum += squares[c]! - off * (2 * sums[c]! - pixels * off);
  }
  return { average, squares: sum };
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

const gradientSums = vectorLoop({
  streams: ["dOut", "x"],
  sums: ({ dOut, x }) => ({ sums: dOut, products: multiply(dOut, x) }),
});
const maskedGradientSums = vectorLoop({
  streams: ["dOut", "out", "x"],
  sums: ({ dOut, out, x }) => {
    const dY = wherePositive(dOut, out);
    return { sums: dY, products: multiply(dY, x) };
  },
});

/** Σ dY and Σ dY·x per channel over one image. */
function channelSums(
  { dOut, out, x }: Arrays<"dOut" | "out" | "x">,
  { pixels, channels, relu, start }: GroupNormExtent & { relu: boolean; start: number },
  { sums, products }: Sums,
): void {
  sums.fill(0);
  products.fill(0);
  const end = start + pixels * channels, always = Number(!relu);
  const arrays = { dOut, out, x };
  if (suitsVectors(arrays, { size: end - start, period: channels })) {
    const loop = relu ? maskedGradientSums : gradientSums;
    return loop({ ...arrays, sums, products }, { start, end, period: channels });
  }
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

const gradientByVectors = vectorLoop({
  streams: ["dOut", "x"],
  tables: ["a", "b", "d"],
  outputs: ({ dOut, x, a, b, d }) => ({ dX: add(add(multiply(a, dOut), multiply(b, x)), d) }),
});
const maskedGradientByVectors = vectorLoop({
  streams: ["dOut", "out", "x"],
  tables: ["a", "b", "d"],
  outputs: ({ dOut, out, x, a, b, d }) => ({
    dX: add(add(multiply(a, wherePositive(dOut, out)), multiply(b, x)), d),
  }),
});

/** dX = rstd·gamma·dY − rstd·(Σ gamma·dY + x̂·Σ gamma·dY·x̂) / m over one image. */
function gradientOfImage(
  arrays: Arrays<"dOut" | "out" | "x" | "gamma" | "mean" | "rstd" | "dX">,
  { pixels, channels, groups, relu, n }: GroupNormExtent & { relu: boolean; n: number },
  { sums, products }: Sums,
): void {
  const { a, b, d } = factorsOf(arrays, { pixels, channels, groups, n }, { sums, products });
  const { dOut, out, x, dX } = arrays;
  const start = n * pixels * channels, end = start + pixels * channels;
  const images = { dOut, out, x, dX };
  if (suitsVectors(images, { size: end - start, period: channels })) {
    const factors = { a: new Float32Array(a), b: new Float32Array(b), d: new Float32Array(d) };
    const loop = relu ? maskedGradientByVectors : gradientByVectors;
    return loop({ ...images, ...factors }, { start, end, period: channels });
  }
  const always = Number(!relu);
  for (let pixel = start; pixel < end; pixel += channels) {
    for (let c = 0; c < channels; c++) {
      const i = pixel + c;
      const dY = dOut[i]! * (Number(out[i]! > 0) | always);
      dX[i] = a[c]! * dY + b[c]! * x[i]! + d[c]!;
    }
  }
}

/** The factors of dX = a·dY + b·x + d, per channel of image n. */
function factorsOf(
  { gamma, mean, rstd }: Arrays<"gamma" | "mean" | "rstd">,
  { pixels, channels, groups, n }: Omit<GroupNormExtent, "images"> & { n: number },
  { sums, products }: Sums,
): Record<"a" | "b" | "d", Float64Array> {
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
  return { a, b, d };
}
