/**
 * Operators' inputs, and what PyTorch makes of them: the cases of tests/fixtures/operators/make.py.
 * @module
 */
import assert from "node:assert/strict";
import { type Shape, sizeOf } from "../../core/runtime/mod.ts";
import type { Input, OpResult } from "./check_op.ts";
import { random } from "./random.ts";

const FOLDER = new URL("../fixtures/operators/", import.meta.url);

/** Explicit numbers. */
interface Given {
  readonly shape: Shape;
  readonly dtype: "f32" | "i32";
  readonly data: readonly number[];
}

/** Float32 numbers `center + spread · (2u − 1)` of a seed. */
interface Rule {
  readonly shape: Shape;
  readonly seed: number;
  readonly center: number;
  readonly spread: number;
}

/** Numbers in the binary, from the `offset`-th on. */
interface Kept {
  readonly shape: Shape;
  readonly offset: number;
}

/** A case as it is in the file; `Options` are those of each operator. */
export interface TorchCase<Options, Op extends keyof Options = keyof Options> {
  readonly op: Op;
  readonly case: string;
  /** What deliberately is not as in PyTorch. */
  readonly differs?: string;
  readonly options: Options[Op];
  readonly inputs: Readonly<Record<string, Given | Rule>>;
  readonly outputs: readonly (Given | Kept)[];
  readonly gradients: Readonly<Record<string, Given | Kept>>;
}

/** All cases, and the binary. */
export function loadTorchCases<Options>(): {
  cases: TorchCase<Options>[];
  values: Float32Array<ArrayBuffer>;
} {
  const bytes = Deno.readFileSync(new URL("values.bin", FOLDER));
  return {
    cases: JSON.parse(Deno.readTextFileSync(new URL("cases.json", FOLDER))),
    values: new Float32Array(bytes.buffer),
  };
}

/** A case's inputs. */
export function torchInputs<Options>(one: TorchCase<Options>): Record<string, Input> {
  return Object.fromEntries(
    Object.entries(one.inputs).map(([name, input]): [string, Input] => {
      if ("data" in input) return [name, input];
      const { shape, seed, center, spread } = input, next = random(seed);
      const data = Array.from(
        { length: sizeOf(shape) },
        () => Math.fround(center + spread * (2 * next.uniform() - 1)),
      );
      return [name, { shape, dtype: "f32", data }];
    }),
  );
}

/** A case's outputs and gradients. */
export function torchResult<Options>(one: TorchCase<Options>, values: Float32Array): OpResult {
  const numbersOf = (tensor: Given | Kept) => {
    if ("data" in tensor) return tensor.data;
    const end = tensor.offset + sizeOf(tensor.shape);
    assert.ok(end <= values.length, "values.bin is shorter than cases.json says");
    return values.subarray(tensor.offset, end);
  };
  return {
    outputs: one.outputs.map((output) => ({ shape: output.shape, data: numbersOf(output) })),
    gradients: Object.fromEntries(
      Object.entries(one.gradients).map(([name, tensor]) => [name, numbersOf(tensor)]),
    ),
  };
}
