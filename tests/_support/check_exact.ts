/** Proves an operator without gradients whose outputs are exact, such as indices, on every device. */
import assert from "node:assert/strict";
import { type Device, empty, scope, type Tensor, type TypedArray } from "../../core/runtime/mod.ts";
import type { Input } from "./check_op.ts";
import { deviceOf, onDevices, reference, TARGETS } from "./devices.ts";

/** One case. */
export interface ExactCase {
  readonly name: string;
  readonly inputs: Readonly<Record<string, Input>>;
  /** Calls the operator; all outputs that are compared. */
  readonly run: (inputs: Record<string, Tensor>) => readonly Tensor[];
  /** What another implementation says of the same inputs. */
  readonly expected: () => readonly ArrayLike<number>[];
}

/**
 * Registers a test per device, one of WebGPU with the workgroups of a real GPU even where the adapter is software, and
 * one of the float64 reference, that each output is `expected` to the last bit.
 */
export function checkExact(wanted: ExactCase): void {
  let values: readonly ArrayLike<number>[] | undefined;
  const exact = { ...wanted, expected: () => values ??= wanted.expected() };
  onDevices(`${exact.name}: equals brute force`, (device) => compare(exact, device));
  onDevices(
    `${exact.name}: equals brute force with a GPU's workgroups`,
    (device) => compare(exact, asGpu(device)),
    TARGETS.filter(({ kind }) => kind === "webgpu"),
  );
  Deno.test(`${exact.name}: host code in float64 equals brute force`, () => {
    return compare(exact, reference);
  });
}

/** The device, but kernels are told that it is not software. */
export function asGpu(device: Device): Device {
  const launch: Device["launch"] = (kernel, slots, params) =>
    device.launch(
      { ...kernel, wgsl: (p, context) => kernel.wgsl(p, { ...context, isSoftware: false }) },
      slots,
      params,
    );
  return new Proxy(device, {
    get(target, name) {
      if (name === "launch") return launch;
      if (name === "info") return { ...target.info, isSoftware: false };
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

async function compare({ inputs, run, expected }: ExactCase, device: Device): Promise<void> {
  const outputs = await outputsOf({ inputs, run }, device);
  expected().forEach((values, i) => sameNumbers(outputs[i]!, values, `output ${i}`));
}

/** The outputs of an operator on one device. */
export async function outputsOf(
  { inputs, run }: Pick<ExactCase, "inputs" | "run">,
  device: Device,
): Promise<TypedArray[]> {
  const tensors = scope(() => {
    const made: Record<string, Tensor> = {};
    for (const [name, { shape, dtype, data }] of Object.entries(inputs)) {
      made[name] = empty(device, shape, dtype);
      if (dtype === "f32") made[name].write(Float32Array.from(data));
      else made[name].write(dtype === "i32" ? Int32Array.from(data) : Uint32Array.from(data));
    }
    return run(made);
  });
  const outputs: TypedArray[] = [];
  for (const tensor of tensors) {
    outputs.push(await tensor.read());
    tensor.release();
  }
  return outputs;
}

/** The outputs of an operator on the CPU device, for properties. */
export async function onCpu(call: Pick<ExactCase, "inputs" | "run">): Promise<TypedArray[]> {
  return outputsOf(call, await deviceOf(TARGETS[0]!));
}

/** Equal numbers at all places; the first that is not is named. NaN equals NaN. */
export function sameNumbers(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  what: string,
): void {
  assert.equal(actual.length, expected.length, `${what}: length`);
  for (let i = 0; i < expected.length; i++) {
    const same = actual[i] === expected[i] ||
      (Number.isNaN(actual[i]) && Number.isNaN(expected[i]));
    assert.ok(same, `${what} at ${i}: ${actual[i]} for ${expected[i]}`);
  }
}
