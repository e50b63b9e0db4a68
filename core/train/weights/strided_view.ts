/** Tensors that are views of a storage, made contiguous. @module */
import { type Shape, sizeOf } from "../../runtime/shape.ts";

/** Elements of a storage: element `[i, j, …]` is at `offset + i × strides[0] + j × strides[1] + …` */
export interface View {
  readonly offset: number;
  readonly shape: Shape;
  /** In elements, as many as `shape` has extents; not negative. */
  readonly strides: readonly number[];
}

/** Strides of a contiguous tensor: row-major, or column-major (Fortran's order). */
export function stridesOf(shape: Shape, columnMajor = false): number[] {
  const strides = shape.map(() => 1);
  let stride = 1;
  for (let i = 0; i < shape.length; i++) {
    const axis = columnMajor ? i : shape.length - 1 - i;
    strides[axis] = stride;
    stride *= shape[axis] ?? 1;
  }
  return strides;
}

/** Elements that a storage must have for `view`; not an exact integer where the view is absurd. */
export function extentOf({ offset, shape, strides }: View): number {
  if (sizeOf(shape) === 0) return 0;
  return shape.reduce((end, extent, i) => end + (extent - 1) * (strides[i] ?? 0), offset + 1);
}

/** True where the view's elements follow each other in row-major order. */
export function isContiguous({ shape, strides }: View): boolean {
  const expected = stridesOf(shape);
  return shape.every((extent, i) => extent === 1 || strides[i] === expected[i]);
}

/**
 * The view's elements in row-major order: a window into `bytes` where it is contiguous, a copy
 * where it is not.
 * @param bytes a storage, aligned to 4 bytes in its buffer
 * @param options.size bytes of an element
 */
export function gather(
  bytes: Uint8Array<ArrayBuffer>,
  view: View,
  { size }: { size: number },
): Uint8Array<ArrayBuffer> {
  const length = sizeOf(view.shape) * size;
  if (length === 0 || isContiguous(view)) {
    const start = view.offset * size;
    return bytes.subarray(start, start + length);
  }
  const out = new Uint8Array(length);
  if (size === 1) copyView(bytes, out, view);
  else if (size === 2) copyView(halves(bytes), halves(out), view);
  else copyView(words(bytes), words(out), inWords(view, size / 4));
  return out;
}

function halves({ buffer, byteOffset, length }: Uint8Array<ArrayBuffer>): Uint16Array {
  return new Uint16Array(buffer, byteOffset, Math.floor(length / 2));
}

function words({ buffer, byteOffset, length }: Uint8Array<ArrayBuffer>): Uint32Array {
  return new Uint32Array(buffer, byteOffset, Math.floor(length / 4));
}

/** The same elements, of `count` parts each. */
function inWords({ offset, shape, strides }: View, count: number): View {
  return {
    offset: offset * count,
    shape: [...shape, count],
    strides: [...strides.map((stride) => stride * count), 1],
  };
}

type Elements = Uint8Array | Uint16Array | Uint32Array;

function copyView(source: Elements, target: Elements, { offset, shape, strides }: View): void {
  const last = shape.length - 1;
  const [inner, step] = [shape[last] ?? 1, strides[last] ?? 1];
  const index = shape.map(() => 0);
  let row = offset;
  for (let out = 0; out < target.length; out += inner) {
    for (let i = 0, from = row; i < inner; i++, from += step) target[out + i] = source[from] ?? 0;
    for (let axis = last - 1; axis >= 0; axis--) {
      const [stride, extent] = [strides[axis] ?? 0, shape[axis] ?? 1];
      row += stride;
      index[axis] = (index[axis] ?? 0) + 1;
      if ((index[axis] ?? 0) < extent) break;
      row -= stride * extent;
      index[axis] = 0;
    }
  }
}
