/** Between PyTorch's layouts, which checkpoints hold, and ours in memory, which kernels like. */
import type { Shape } from "../runtime/mod.ts";

/**
 * How a tensor lies in memory, against its canonical (PyTorch) shape:
 * - `plain`: the same;
 * - `conv`: `[O, I, kh, kw]` → `[kh, kw, I, O]`;
 * - `linear`: `[O, I]` → `[I, O]`;
 * - `pooled_linear`: `[O, C·h·w]` of a flattened NCHW map → `[h·w·C, O]` of an NHWC one (h·w = `positions`).
 */
export type Layout =
  | { readonly kind: "plain" | "conv" | "linear" }
  | { readonly kind: "pooled_linear"; readonly positions: number };

/** The shape in memory of a tensor of canonical `shape`. */
export function memoryShape(shape: Shape, layout: Layout): Shape {
  if (layout.kind === "plain") return shape;
  const [o = 1, i = 1, kh = 1, kw = 1] = shape;
  return layout.kind === "conv" ? [kh, kw, i, o] : [i, o];
}

/** Memory order from canonical order; `data` is not changed. */
export function toMemory(
  data: Float32Array<ArrayBuffer>,
  shape: Shape,
  layout: Layout,
): Float32Array<ArrayBuffer> {
  return layout.kind === "plain" ? data : permute(data, axesToMemory(shape, layout));
}

/** Canonical order from memory order; `data` is not changed. */
export function toCanonical(
  data: Float32Array<ArrayBuffer>,
  shape: Shape,
  layout: Layout,
): Float32Array<ArrayBuffer> {
  if (layout.kind === "plain") return data;
  const { extents, order } = axesToMemory(shape, layout);
  const inverse = order.map((_, axis) => order.indexOf(axis));
  return permute(data, { extents: order.map((axis) => extents[axis]!), order: inverse });
}

interface Axes {
  /** Extents of the source, outermost first, four of them. */
  readonly extents: readonly number[];
  /** Source axis of each target axis. */
  readonly order: readonly number[];
}

function axesToMemory(shape: Shape, layout: Layout): Axes {
  const [o = 1, i = 1, kh = 1, kw = 1] = shape;
  if (layout.kind === "conv") return { extents: [o, i, kh, kw], order: [2, 3, 1, 0] };
  if (layout.kind === "linear") return { extents: [o, i, 1, 1], order: [2, 3, 1, 0] };
  const positions = layout.kind === "pooled_linear" ? layout.positions : 1;
  return { extents: [o, i / positions, positions, 1], order: [2, 3, 1, 0] };
}

function permute(
  data: Float32Array<ArrayBuffer>,
  { extents, order }: Axes,
): Float32Array<ArrayBuffer> {
  const strides = [1, 1, 1, 1];
  for (let axis = 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * extents[axis + 1]!;
  const [n0, n1, n2, n3] = order.map((axis) => extents[axis]!) as [number, number, number, number];
  const [s0, s1, s2, s3] = order.map((axis) => strides[axis]!) as [number, number, number, number];
  const out = new Float32Array(data.length);
  let at = 0;
  for (let a = 0; a < n0; a++) {
    for (let b = 0; b < n1; b++) {
      for (let c = 0; c < n2; c++) {
        const start = a * s0 + b * s1 + c * s2;
        for (let d = 0; d < n3; d++) out[at++] = data[start + d * s3]!;
      }
    }
  }
  return out;
}
