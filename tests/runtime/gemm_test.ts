import assert from "node:assert/strict";
import { blas, withoutBlas } from "../../core/runtime/cpu/blas.ts";
import { type FloatArray, gemm, type Matrix, type Product } from "../../core/runtime/mod.ts";
import { relativeError } from "../_support/check_op.ts";
import { random } from "../_support/random.ts";

type FloatConstructor = typeof Float32Array | typeof Float64Array;

const WAYS: { name: string; Float: FloatConstructor; run: (product: Product) => void }[] = [
  { name: "loops in float64", Float: Float64Array, run: gemm },
  {
    name: "loops in float32",
    Float: Float32Array,
    run: (product) => withoutBlas(() => gemm(product)),
  },
];

/** The definition, element by element in float64. */
function expected({ m, n, k, a, b, c, alpha = 1, beta = 0 }: Product): Float64Array {
  const out = Float64Array.from(c.data);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += entry(a, i, l) * entry(b, l, j);
      const at = (c.offset ?? 0) + i * c.stride + j;
      out[at] = alpha * sum + (beta === 0 ? 0 : beta * out[at]!);
    }
  }
  return out;
}

function entry({ data, offset = 0, stride, transpose }: Matrix, row: number, column: number) {
  return data[offset + (transpose ? column * stride + row : row * stride + column)]!;
}

/** Random data for a matrix of `rows` × `columns` as used, in a larger array around it. */
function matrix(
  [rows, columns]: readonly [number, number],
  options: { Float: FloatConstructor; seed: number; transpose?: boolean; padding: number },
): Matrix {
  const { Float, seed, transpose = false, padding } = options;
  const next = random(seed);
  const [height, width] = transpose ? [columns, rows] : [rows, columns];
  const stride = Math.max(1, width + padding);
  const data = new Float(2 * padding + height * stride).map(() => next.normal());
  return { data, stride, offset: padding, transpose };
}

const SHAPES: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [5, 7, 3],
  [16, 1, 9],
  [1, 12, 4],
  [33, 17, 65],
  [0, 4, 3],
  [4, 0, 3],
  [3, 4, 0],
];

function check(run: (product: Product) => void, Float: FloatConstructor): void {
  for (const [m, n, k] of SHAPES) {
    for (const [transposeA, transposeB, padding] of CASES) {
      for (const [alpha, beta] of [[1, 0], [0.5, 0], [1, 1], [-2, 0.25]]) {
        const a = matrix([m, k], { Float, seed: 1, transpose: transposeA, padding });
        const b = matrix([k, n], { Float, seed: 2, transpose: transposeB, padding });
        const c = matrix([m, n], { Float, seed: 3, padding });
        const product = { m, n, k, a, b, c, alpha, beta };
        const wanted = expected(product);
        run(product);
        const { error } = relativeError(c.data, wanted);
        const tolerance = Float === Float64Array ? 1e-14 : 2e-6;
        assert.ok(error <= tolerance, `${JSON.stringify({ m, n, k, alpha, beta })}: ${error}`);
      }
    }
  }
}

/** Transposed a, transposed b, elements around and between the rows. */
const CASES: readonly (readonly [boolean, boolean, number])[] = [
  [false, false, 0],
  [true, false, 0],
  [false, true, 3],
  [true, true, 5],
];

for (const { name, Float, run } of WAYS) {
  Deno.test(`gemm() equals its definition and writes nothing else (${name})`, () => {
    check(run, Float);
  });
}

Deno.test({
  name: "gemm() equals its definition and writes nothing else (BLAS; skipped where there is none)",
  ignore: blas() === null,
  fn: () => check(gemm, Float32Array),
});

Deno.test({
  name: "gemm() gives the same with one thread and with several (skipped where there is no BLAS)",
  ignore: blas() === null,
  fn() {
    const [m, n, k] = [256, 512, 300]; // above what several threads are worth
    const a = matrix([m, k], { Float: Float32Array, seed: 4, padding: 0 });
    const b = matrix([k, n], { Float: Float32Array, seed: 5, padding: 0 });
    const c = { data: new Float32Array(m * n), stride: n };
    gemm({ m, n, k, a, b, c });
    const wanted = expected({ m, n, k, a, b, c });
    assert.ok(relativeError(c.data, wanted).error <= 2e-6);
  },
});

Deno.test("gemm() with beta 0 overwrites NaN, and k = 0 leaves beta times c", () => {
  for (const run of [gemm, (product: Product) => withoutBlas(() => gemm(product))]) {
    const one = { data: Float32Array.of(3), stride: 1 };
    const c = { data: Float32Array.of(NaN), stride: 1 };
    run({ m: 1, n: 1, k: 1, a: one, b: one, c });
    assert.deepEqual(c.data, Float32Array.of(9));
    run({ m: 1, n: 1, k: 0, a: one, b: one, c, beta: 2 });
    assert.deepEqual(c.data, Float32Array.of(18));
    run({ m: 1, n: 1, k: 0, a: one, b: one, c });
    assert.deepEqual(c.data, Float32Array.of(0));
  }
});

Deno.test("gemm() refuses matrices that reach out of their arrays", () => {
  const six: FloatArray = new Float32Array(6);
  const fits = { data: six, stride: 2 };
  const product = { m: 3, n: 2, k: 2, a: fits, b: fits, c: fits };
  gemm(product);
  const faulty: [string, Partial<Product>][] = [
    ["a", { m: 4 }],
    ["a", { a: { data: six, stride: 2, offset: 1 } }],
    ["a", { a: { data: six, stride: 1 } }],
    ["b", { b: { data: six, stride: 2, offset: -1 } }],
    ["b", { b: { data: six, stride: 5, transpose: true } }],
    ["c", { c: { data: six, stride: 3 } }],
  ];
  for (const [name, change] of faulty) {
    assert.throws(() => gemm({ ...product, ...change }), {
      name: "RangeError",
      message: new RegExp(`as ${name} must hold`),
    });
  }
});
