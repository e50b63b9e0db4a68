/**
 * Winograd's F(4×4, 3×3) on the CPU device: the transforms of `conv2d/winograd/transforms.wgsl`, with the same points and
 * in the same names, over tiles in {@link heapScratch}. After A. Lavin and S. Gray, "Fast Algorithms for Convolutional
 * Neural Networks" (2016).
 */
import { lanes, type TileLanes, tileTransform } from "../../../../core/runtime/mod.ts";

const { add, subtract } = lanes;

type Value = Parameters<typeof add>[0];

/** Bᵀ d: 6×6 of the input to 36 factors. */
export const transformInput = tileTransform(6, inputAxis);
/** Aᵀ m: 36 products to 4×4 of the output; and max(Aᵀ m, 0). */
export const transformOutput = tileTransform(6, outputAxis);
export const transformRectified = tileTransform(6, outputAxis, lanes.relu);
/** A y: 4×4 of the output's gradient to 36 factors. */
export const transformGradient = tileTransform(4, gradientAxis);
/** G g: 3×3 taps to 36 factors. */
export const transformFilter = tileTransform(3, filterAxis);
/** Gᵀ u: 36 products to 3×3 taps' gradients. */
export const transformFilterGradient = tileTransform(6, filterGradientAxis);

function inputAxis(d: readonly Value[], { keep, times }: TileLanes): Value[] {
  const [d0, d1, d2, d3, d4, d5] = six(d);
  const odd = keep(subtract(d1, d3)), even = keep(subtract(d4, d2));
  const more = keep(times(1.5, d2));
  return [
    sum(d0, times(1.5, odd), subtract(even, d2)),
    subtract(even, sum(d1, more, times(0.5, d3))),
    sum(even, d1, subtract(more, times(2.5, d3))),
    subtract(even, times(0.5, odd)),
    sum(even, times(2, odd)),
    sum(d5, times(-1.5, even), subtract(d1, times(2, d3))),
  ];
}

function outputAxis(m: readonly Value[], { keep, times }: TileLanes): Value[] {
  const [m0, m1, m2, m3, m4, m5] = six(m);
  const both = keep(add(m1, m2)), difference = keep(subtract(m1, m2));
  return [
    sum(m0, both, add(m3, m4)),
    sum(difference, subtract(times(2, m3), times(0.5, m4))),
    sum(both, add(times(4, m3), times(0.25, m4))),
    sum(difference, subtract(times(8, m3), times(0.125, m4)), m5),
  ];
}

function gradientAxis(y: readonly Value[], { keep, times }: TileLanes): Value[] {
  const [y0, y1, y2, y3] = six(y);
  const even = keep(add(y0, y2)), odd = keep(add(y1, y3));
  return [
    y0,
    add(even, odd),
    subtract(even, odd),
    sum(y0, times(2, y1), add(times(4, y2), times(8, y3))),
    sum(y0, times(-0.5, y1), subtract(times(0.25, y2), times(0.125, y3))),
    y3,
  ];
}

function filterAxis(g: readonly Value[], { keep, times }: TileLanes): Value[] {
  const [g0, g1, g2] = six(g);
  const ends = keep(add(g0, g2));
  return [
    g0,
    times(-1 / 3, add(ends, g1)),
    times(1 / 3, subtract(ends, g1)),
    times(1 / 15, sum(g0, times(2, g1), times(4, g2))),
    times(1 / 15, subtract(times(8, g1), add(times(16, g0), times(4, g2)))),
    g2,
  ];
}

function filterGradientAxis(u: readonly Value[], { keep, times }: TileLanes): Value[] {
  const [u0, u1, u2, u3, u4, u5] = six(u);
  const difference = keep(times(1 / 3, subtract(u2, u1)));
  return [
    sum(u0, difference, times(1 / 15, subtract(u3, times(16, u4)))),
    subtract(times(1 / 15, add(times(2, u3), times(8, u4))), times(1 / 3, add(u1, u2))),
    sum(difference, times(4 / 15, subtract(u3, u4)), u5),
  ];
}

/** A line as what can be taken apart: it has as many values as its map takes. */
function six(line: readonly Value[]): [Value, Value, Value, Value, Value, Value] {
  return line as [Value, Value, Value, Value, Value, Value];
}

function sum(first: Value, ...rest: readonly Value[]): Value {
  return rest.reduce(add, first);
}
