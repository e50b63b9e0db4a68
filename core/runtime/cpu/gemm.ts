/** Matrix products over typed arrays: BLAS in float32, readable loops in float64 and where there is no BLAS. */
import type { FloatArray } from "../kernel.ts";
import { blas } from "./blas.ts";
import { hostMeter } from "./meter.ts";

const ROW_MAJOR = 101;
const NO_TRANSPOSE = 111;
const TRANSPOSE = 112;

/**
 * Multiplications from which on a product is worth several threads: below (about 0.5 ms of one core) handing work
 * out costs more than it saves, and many times the work where another process holds a core for a while.
 */
const WORTH_THREADS = 2 ** 25;

/** The same for products that follow each other at once, between which the threads stay awake. */
const WORTH_THREADS_IN_SERIES = 2 ** 22;

let threadsNow = 0;

/** A matrix within a typed array: row-major, `stride` elements from row to row. */
export interface Matrix {
  readonly data: FloatArray;
  /** Index of its first element; 0 where absent. */
  readonly offset?: number;
  readonly stride: number;
  /** True to use the transpose of what is stored. */
  readonly transpose?: boolean;
}

/** `c = alpha · op(a) · op(b) + beta · c`, with op(a) `[m, k]`, op(b) `[k, n]`, c `[m, n]`. */
export interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Matrix;
  readonly b: Matrix;
  readonly c: Matrix;
  /** 1 where absent. */
  readonly alpha?: number;
  /** 0 where absent: c is overwritten, whatever it holds. */
  readonly beta?: number;
  /** True for one of many products of such a size that follow each other at once; false where absent. */
  readonly inSeries?: boolean;
}

/**
 * Computes a {@link Product}. All arrays are of one type.
 * @throws RangeError where a matrix does not lie within its array, which BLAS would not notice
 */
export function gemm(product: Product): void {
  const { m, n, k, a, b, c } = product;
  if (m === 0 || n === 0) return;
  checkWithin(a, { name: "a", rows: m, columns: k });
  checkWithin(b, { name: "b", rows: k, columns: n });
  checkWithin(c, { name: "c", rows: m, columns: n });
  const meter = hostMeter();
  if (meter === undefined) return compute(product);
  const start = performance.now();
  compute(product);
  meter.productMs += performance.now() - start;
}

function compute(product: Product): void {
  const { m, n, k, a, b, c, alpha = 1, beta = 0 } = product;
  const library = c.data instanceof Float32Array ? blas() : null;
  if (!library || k === 0) return loops(product);
  const worthThreads = product.inSeries ? WORTH_THREADS_IN_SERIES : WORTH_THREADS;
  const threads = m * n * k >= worthThreads ? library.threads : 1;
  if (threads !== threadsNow) library.setThreads?.(threads);
  threadsNow = threads;
  library.sgemm(
    ROW_MAJOR,
    a.transpose ? TRANSPOSE : NO_TRANSPOSE,
    b.transpose ? TRANSPOSE : NO_TRANSPOSE,
    m,
    n,
    k,
    alpha,
    from(a),
    a.stride,
    from(b),
    b.stride,
    beta,
    from(c),
    c.stride,
  );
}

function checkWithin(
  { data, offset = 0, stride, transpose }: Matrix,
  matrix: { name: string; rows: number; columns: number },
): void {
  const rows = transpose ? matrix.columns : matrix.rows;
  const columns = transpose ? matrix.rows : matrix.columns;
  if (rows === 0 || columns === 0) return;
  if (stride >= columns && offset >= 0 && offset + (rows - 1) * stride + columns <= data.length) {
    return;
  }
  throw new RangeError(
    `Cannot multiply as ${matrix.name} must hold ${rows} rows of ${columns} from ${offset}, ${stride} apart: it has ${data.length} elements`,
  );
}

function from(matrix: Matrix): Float32Array<ArrayBuffer> {
  const data = matrix.data as Float32Array<ArrayBuffer>;
  return matrix.offset ? data.subarray(matrix.offset) : data;
}

/** Row times scalar order: the inner loop runs along rows of b and c, which the memory likes. */
function loops({ m, n, k, a, b, c, alpha = 1, beta = 0 }: Product): void {
  const row = new Float64Array(n);
  const [aRow, aColumn] = a.transpose ? [1, a.stride] : [a.stride, 1];
  const [bRow, bColumn] = b.transpose ? [1, b.stride] : [b.stride, 1];
  const aStart = a.offset ?? 0, bStart = b.offset ?? 0, cStart = c.offset ?? 0;
  for (let i = 0; i < m; i++) {
    row.fill(0);
    for (let l = 0; l < k; l++) {
      const factor = alpha * a.data[aStart + i * aRow + l * aColumn]!;
      const start = bStart + l * bRow;
      for (let j = 0; j < n; j++) row[j]! += factor * b.data[start + j * bColumn]!;
    }
    const start = cStart + i * c.stride;
    for (let j = 0; j < n; j++) {
      c.data[start + j] = beta === 0 ? row[j]! : row[j]! + beta * c.data[start + j]!;
    }
  }
}
