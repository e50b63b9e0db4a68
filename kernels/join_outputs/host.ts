/** Copies between two layers' weights and biases and those of both over typed arrays; shapes as in mod.ts. */
import type { FloatArray } from "../../core/runtime/mod.ts";

/** Extents of the matrices. */
export interface JoinParams {
  /** Rows of the weights. */
  readonly rows: number;
  /** Outputs of the first layer, of the second, and of both with those that are padding. */
  readonly first: number;
  readonly second: number;
  readonly columns: number;
}

/** The tensors of a launch. */
export type Names = "weightA" | "biasA" | "weightB" | "biasB" | "weight" | "bias";

type Arrays = Record<Names, FloatArray>;

/** weight, bias = those of A, those of B, zeros. */
export function join(arrays: Arrays, params: JoinParams): void {
  arrays.weight.fill(0);
  arrays.bias.fill(0);
  forEachRow(arrays, params, ({ part, from, whole, to, size }) => {
    for (let j = 0; j < size; j++) whole[to + j] = part[from + j]!;
  });
}

/** Those of A and of B = their columns of weight and bias. */
export function split(arrays: Arrays, params: JoinParams): void {
  forEachRow(arrays, params, ({ part, from, whole, to, size }) => {
    for (let j = 0; j < size; j++) part[from + j] = whole[to + j]!;
  });
}

/** Every row of the weights and the one of the biases, of either layer. */
function forEachRow(
  { weightA, biasA, weightB, biasB, weight, bias }: Arrays,
  { rows, first, second, columns }: JoinParams,
  copy: (row: {
    part: FloatArray;
    from: number;
    whole: FloatArray;
    to: number;
    size: number;
  }) => void,
): void {
  for (let i = 0; i < rows; i++) {
    const to = i * columns;
    copy({ part: weightA, from: i * first, whole: weight, to, size: first });
    copy({ part: weightB, from: i * second, whole: weight, to: to + first, size: second });
  }
  copy({ part: biasA, from: 0, whole: bias, to: 0, size: first });
  copy({ part: biasB, from: 0, whole: bias, to: first, size: second });
}
