/** Single elements of a convolution and its gradients, in float64 by definition: a check of any size is cheap. */
import type { ConvGeometry, Pass } from "./peers/protocol.ts";

/** The tensors of a convolution: x `[n, h, w, c]`, weight `[kh, kw, c / groups, o]`, dOut `[n, ho, wo, o]`. */
export interface ConvArrays {
  readonly x: ArrayLike<number>;
  readonly weight: ArrayLike<number>;
  readonly dOut: ArrayLike<number>;
}

/** Shape of the result of a pass. */
export function shapeOf(g: ConvGeometry, pass: Pass): readonly [number, number, number, number] {
  if (pass === "forward") return [g.n, g.ho, g.wo, g.o];
  return pass === "input" ? [g.n, g.h, g.w, g.c] : [g.kh, g.kw, g.c / g.groups, g.o];
}

/** The elements `indices` of a pass's result, `arrays` being in float32 or float64. */
export function convElements(
  arrays: ConvArrays,
  { geometry, pass }: { readonly geometry: ConvGeometry; readonly pass: Pass },
  indices: readonly number[],
): number[] {
  const [, b, c, d] = shapeOf(geometry, pass);
  const element = { forward, input: inputGradient, weight: weightGradient }[pass];
  return indices.map((index) =>
    element(arrays, geometry, [
      Math.floor(index / (b * c * d)),
      Math.floor(index / (c * d)) % b,
      Math.floor(index / d) % c,
      index % d,
    ])
  );
}

type At = readonly [number, number, number, number];

function forward({ x, weight }: ConvArrays, g: ConvGeometry, [n, y, column, o]: At): number {
  const perC = g.c / g.groups, group = Math.floor(o / (g.o / g.groups));
  let sum = 0;
  for (let ky = 0; ky < g.kh; ky++) {
    const row = y * g.stride - g.padding + ky * g.dilation;
    for (let kx = 0; kx < g.kw; kx++) {
      const from = column * g.stride - g.padding + kx * g.dilation;
      if (row < 0 || row >= g.h || from < 0 || from >= g.w) continue;
      const source = ((n * g.h + row) * g.w + from) * g.c + group * perC;
      const tap = (ky * g.kw + kx) * perC * g.o + o;
      for (let c = 0; c < perC; c++) sum += x[source + c]! * weight[tap + c * g.o]!;
    }
  }
  return sum;
}

function inputGradient(
  { dOut, weight }: ConvArrays,
  g: ConvGeometry,
  [n, y, column, c]: At,
): number {
  const perC = g.c / g.groups, perO = g.o / g.groups, group = Math.floor(c / perC);
  let sum = 0;
  for (let ky = 0; ky < g.kh; ky++) {
    const row = (y + g.padding - ky * g.dilation) / g.stride;
    for (let kx = 0; kx < g.kw; kx++) {
      const to = (column + g.padding - kx * g.dilation) / g.stride;
      if (!isIndex(row, g.ho) || !isIndex(to, g.wo)) continue;
      const source = ((n * g.ho + row) * g.wo + to) * g.o + group * perO;
      const tap = ((ky * g.kw + kx) * perC + c % perC) * g.o + group * perO;
      for (let o = 0; o < perO; o++) sum += dOut[source + o]! * weight[tap + o]!;
    }
  }
  return sum;
}

function weightGradient({ x, dOut }: ConvArrays, g: ConvGeometry, [ky, kx, c, o]: At): number {
  const perC = g.c / g.groups, channel = Math.floor(o / (g.o / g.groups)) * perC + c;
  let sum = 0;
  for (let n = 0; n < g.n; n++) {
    for (let y = 0; y < g.ho; y++) {
      const row = y * g.stride - g.padding + ky * g.dilation;
      if (row < 0 || row >= g.h) continue;
      for (let column = 0; column < g.wo; column++) {
        const from = column * g.stride - g.padding + kx * g.dilation;
        if (from < 0 || from >= g.w) continue;
        sum += x[((n * g.h + row) * g.w + from) * g.c + channel]! *
          dOut[((n * g.ho + y) * g.wo + column) * g.o + o]!;
      }
    }
  }
  return sum;
}

function isIndex(value: number, extent: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < extent;
}

/** Up to `count` indices below `size`, spread over all of it, ends included. */
export function spread(size: number, count: number): number[] {
  if (size <= count) return Array.from({ length: size }, (_, i) => i);
  return Array.from({ length: count }, (_, i) => Math.round(i * (size - 1) / (count - 1)));
}
