/** Extents of a convolution, and the checks of what a caller passes. */
import { formatShape, nhwc, type Shape, windowOutput } from "../../../core/runtime/mod.ts";

/** How a window moves: equal along both axes. */
export interface Window {
  /** Pixels from output to output; 1 where absent. */
  readonly stride?: number;
  /** Zero pixels added on each side; 0 where absent. */
  readonly padding?: number;
  /** Pixels from tap to tap; 1 where absent. */
  readonly dilation?: number;
  /** Channel groups that do not see each other; 1 where absent. */
  readonly groups?: number;
}

/**
 * All extents of one convolution: x `[n, h, w, c]`, weight `[kh, kw, c / groups, o]`, out `[n, ho, wo, o]`.
 * A matrix product `[m, c] · [c, o]` is the case h = m, all of n, w, kh, kw 1.
 */
export interface Geometry {
  readonly n: number;
  readonly h: number;
  readonly w: number;
  readonly c: number;
  readonly ho: number;
  readonly wo: number;
  readonly o: number;
  readonly kh: number;
  readonly kw: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
  readonly groups: number;
}

/** The geometry of x convolved with weight. @throws RangeError where the shapes do not fit each other. */
export function geometryOf(x: Shape, weight: Shape, window: Window): Geometry {
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = window;
  const [n, h, w, c] = nhwc(x, "the input of conv2d");
  const [kh = 0, kw = 0, perGroup = 0, o = 0] = weight;
  if (weight.length !== 4 || kh < 1 || kw < 1 || perGroup * groups !== c || o % groups !== 0) {
    throw new RangeError(
      `Cannot convolve as the weight must be [kh, kw, ${c} / ${groups} groups, O]: its shape is ${
        formatShape(weight)
      } for an input of ${formatShape(x)}`,
    );
  }
  if (!(stride >= 1 && padding >= 0 && dilation >= 1)) {
    throw new RangeError(
      `Cannot convolve as stride and dilation must be at least 1 and padding 0: they are ${stride}, ${dilation}, ${padding}`,
    );
  }
  const ho = windowOutput(h, { kernel: kh, stride, padding, dilation });
  const wo = windowOutput(w, { kernel: kw, stride, padding, dilation });
  return { n, h, w, c, ho, wo, o, kh, kw, stride, padding, dilation, groups };
}

/** The geometry of `[m, c] · [c, o]`. */
export function matrixGeometry(m: number, c: number, o: number): Geometry {
  const one = { n: 1, w: 1, wo: 1, kh: 1, kw: 1, stride: 1, padding: 0, dilation: 1, groups: 1 };
  return { ...one, h: m, ho: m, c, o };
}

/** Operations of the convolution, and of either gradient: a multiplication and an addition are two. */
export function flopsOf(g: Geometry): number {
  return 2 * g.n * g.ho * g.wo * g.o * (g.c / g.groups) * g.kh * g.kw;
}

/** True where every output pixel sees exactly the input pixel of the same index: a plain matrix product. */
export function isPointwise(g: Geometry): boolean {
  return g.kh === 1 && g.kw === 1 && g.stride === 1 && g.padding === 0;
}
