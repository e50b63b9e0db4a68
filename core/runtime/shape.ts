/** Pure functions of shapes. A shape is a list of non-negative integers, outermost first. */

/** Extents of a tensor, outermost (slowest varying) first. `[]` is a scalar. */
export type Shape = readonly number[];

// Loops of shapes run several times for every tensor of a step. V8 keeps arrays in many ways, and where it meets them
// all, iterators, destructuring and callbacks make an object for each extent: hence indices.

/** Number of elements of `shape`; 1 for a scalar, 0 where any extent is 0. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i]!;
  return size;
}

/** True where both shapes have the same extents in the same order. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** `[2, 3]` as `2×3`, for messages. */
export function formatShape(shape: Shape): string {
  return shape.length === 0 ? "scalar" : shape.join("×");
}

/** The extents of a feature map `[N, H, W, C]`. @throws RangeError for any other rank. */
export function nhwc(shape: Shape, what: string): [number, number, number, number] {
  if (shape.length !== 4) {
    throw new RangeError(
      `Cannot use ${what} as it must be [N, H, W, C]: its shape is ${formatShape(shape)}`,
    );
  }
  return [shape[0]!, shape[1]!, shape[2]!, shape[3]!];
}

/** `ceil(a / b)` for non-negative integers. */
export function ceilDiv(a: number, b: number): number {
  return Math.floor((a + b - 1) / b);
}

/** Output extent of a convolution or pooling along one axis (floor mode, as PyTorch's default). */
export function windowOutput(
  input: number,
  window: { kernel: number; stride: number; padding: number; dilation: number },
): number {
  const span = window.dilation * (window.kernel - 1) + 1;
  return Math.max(0, Math.floor((input + 2 * window.padding - span) / window.stride) + 1);
}
