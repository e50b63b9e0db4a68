/**
 * Proves an operator in two steps: its host code's gradients in float64 against finite differences, then
 * every device's forward and gradients against that host code.
 * @module
 */
import assert from "node:assert/strict";
import {
  backwardFrom,
  type Device,
  type DType,
  empty,
  type FloatArray,
  fromArray,
  noGrad,
  record,
  scope,
  type Shape,
  sizeOf,
  type Tensor,
} from "../../core/runtime/mod.ts";
import type { CpuDevice } from "../../core/runtime/cpu/device.ts";
import { WebGpuDevice } from "../../core/runtime/webgpu/device.ts";
import { deviceOf, HAS_WEBGPU, onDevices, reference, type Target, TARGETS } from "./devices.ts";
import { random } from "./random.ts";

/** An input: f32 data is rounded to float32 so that all devices see the same numbers. */
export interface Input {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: ArrayLike<number>;
}

/** f32 input, standard normal numbers × `scale` + `offset` unless `data` is given. */
export function floats(
  shape: Shape,
  options: { seed?: number; scale?: number; offset?: number; data?: ArrayLike<number> } = {},
): Input {
  const { seed = 1, scale = 1, offset = 0 } = options;
  const next = random(seed);
  const data = options.data ??
    Float32Array.from({ length: sizeOf(shape) }, () => next.normal() * scale + offset);
  return { shape, dtype: "f32", data: Float32Array.from(data) };
}

/** i32 input. */
export function ints(shape: Shape, data: ArrayLike<number>): Input {
  return { shape, dtype: "i32", data };
}

/** One case of an operator. */
export interface OpCase {
  readonly name: string;
  readonly inputs: Readonly<Record<string, Input>>;
  /** Calls the operator; all outputs that are compared. */
  readonly run: (inputs: Record<string, Tensor>) => Tensor | readonly Tensor[];
  /** Inputs whose gradients are checked. */
  readonly gradients?: readonly string[];
  /** Largest difference relative to the largest reference entry: 1e-5 forward, 1e-4 gradients where absent. */
  readonly tolerance?: { readonly forward?: number; readonly gradient?: number };
  /** Step of the finite differences; 1e-5 where absent. */
  readonly step?: number;
  /** Where to run: both devices where absent. */
  readonly targets?: readonly Target[];
  /** What another implementation computes; our host code in float64 where absent. */
  readonly expected?: OpResult;
}

/** What an operator computes: its outputs, and the gradients of inputs by name. */
export interface OpResult {
  readonly outputs: { shape: Shape; data: ArrayLike<number> }[];
  readonly gradients: Record<string, ArrayLike<number>>;
}

/** Registers the tests of one case. */
export function checkOp(op: OpCase): void {
  if (op.gradients?.length) {
    Deno.test(`${op.name}: host gradients equal finite differences`, async () => {
      await finiteDifferences(op);
    });
  }
  for (const target of op.targets ?? TARGETS) {
    onDevices(
      `${op.name}: equals host code in float64`,
      (device) => checkTarget(op, device, target),
      [target],
    );
  }
  if (!HAS_WEBGPU) console.warn(`${op.name}: WebGPU not tested, no adapter here`);
}

/** Compares with what is expected what the device computes, by every variant of the kernels that the case launches. */
export async function checkTarget(op: OpCase, device: Device, target: Target): Promise<void> {
  const expected = op.expected ?? await evaluate(op, reference);
  const { result, others } = await withVariants(device, () => evaluate(op, device));
  compare(op, result, expected);
  if (target.forceVariant !== undefined) return;
  for (const forceVariant of others) {
    const name = `${target.name}, ${forceVariant} wherever it exists`;
    const forced = await deviceOf({ ...target, name, forceVariant });
    try {
      compare(op, await evaluate(op, forced), expected);
    } catch (error) {
      throw new Error(`${op.name} fails in its variant ${forceVariant}`, { cause: error });
    }
  }
}

/** Does `work` and tells which variants of its kernels were not chosen. */
async function withVariants<R>(
  device: Device,
  work: () => Promise<R>,
): Promise<{ result: R; others: ReadonlySet<string> }> {
  const profile = device.profile();
  const result = await work();
  const launches = await profile.take();
  profile.stop();
  const others = new Set<string>();
  if (device instanceof WebGpuDevice) {
    for (const { kernel, variant } of launches) {
      const names = variant === undefined ? [] : device.variantsMet.get(kernel) ?? [];
      for (const name of names) if (name !== variant) others.add(name);
    }
  }
  return { result, others };
}

/** Largest |actual − expected| relative to the largest |expected|, at least 1e-6; where it is, for messages. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>) {
  assert.equal(actual.length, expected.length);
  let scale = 1e-6, worst = 0, index = 0;
  for (let i = 0; i < expected.length; i++) scale = Math.max(scale, Math.abs(expected[i]!));
  for (let i = 0; i < expected.length; i++) {
    if (Object.is(actual[i], expected[i])) continue;
    const difference = Math.abs(actual[i]! - expected[i]!) / scale;
    if (!(difference <= worst)) {
      [worst, index] = [Number.isNaN(difference) ? Infinity : difference, i];
    }
  }
  return { error: worst, index, actual: actual[index], expected: expected[index] };
}

function compare(op: OpCase, actual: OpResult, expected: OpResult): void {
  assert.equal(actual.outputs.length, expected.outputs.length, `${op.name}: number of outputs`);
  actual.outputs.forEach((output, i) => {
    assert.deepEqual(output.shape, expected.outputs[i]!.shape);
    within(
      `${op.name}: output ${i}`,
      output.data,
      expected.outputs[i]!.data,
      op.tolerance?.forward ?? 1e-5,
    );
  });
  for (const name of op.gradients ?? []) {
    within(
      `${op.name}: gradient of ${name}`,
      actual.gradients[name]!,
      expected.gradients[name]!,
      op.tolerance?.gradient ?? 1e-4,
    );
  }
}

function within(
  what: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  const worst = relativeError(actual, expected);
  assert.ok(
    worst.error <= tolerance,
    `${what} differs by ${worst.error} (> ${tolerance}) at ${worst.index}: ${worst.actual} for ${worst.expected}`,
  );
}

async function evaluate(op: OpCase, device: Device): Promise<OpResult> {
  const tensors = scope(() => {
    const inputs = makeInputs(op, device);
    // The scope frees what the operator made for itself: what its gradient reads of that has to be saved.
    const { result, tape } = record(() => scope(() => list(op.run(inputs))));
    const differentiableOutputs = result.filter((output) => output.requiresGrad);
    const gradients = backwardFrom(
      tape,
      differentiableOutputs.map((output, i) => ({ output, gradient: cotangent(output, i) })),
    );
    const named = Object.fromEntries(
      (op.gradients ?? []).map((name) => {
        const gradient = gradients.get(inputs[name]!.id);
        assert.ok(gradient, `${op.name} gives no gradient of ${name}`);
        assert.deepEqual(gradient.shape, inputs[name]!.shape);
        return [name, gradient];
      }),
    );
    return { result, named };
  });
  const outputs = [];
  for (const output of tensors.result) {
    outputs.push({ shape: output.shape, data: await valuesOf(output) });
  }
  const gradients: Record<string, ArrayLike<number>> = {};
  for (const [name, tensor] of Object.entries(tensors.named)) {
    gradients[name] = await valuesOf(tensor);
  }
  for (const tensor of [...tensors.result, ...Object.values(tensors.named)]) tensor.release();
  return { outputs, gradients };
}

function list(value: Tensor | readonly Tensor[]): Tensor[] {
  return Array.isArray(value) ? [...value] : [value as Tensor];
}

function makeInputs(op: OpCase, device: Device, replaced: Record<string, FloatArray> = {}) {
  const inputs: Record<string, Tensor> = {};
  for (const [name, { shape, dtype, data }] of Object.entries(op.inputs)) {
    const tensor = empty(device, shape, dtype);
    const values = replaced[name] ?? data;
    if (dtype === "f32" && device === reference) {
      reference.upload(tensor.slot, Float64Array.from(values));
    } else if (dtype === "f32") tensor.write(Float32Array.from(values));
    else tensor.write(dtype === "i32" ? Int32Array.from(values) : Uint32Array.from(values));
    tensor.requiresGrad = op.gradients?.includes(name) ?? false;
    inputs[name] = tensor;
  }
  return inputs;
}

/** The gradient that flows into output `i`: fixed pseudo-random numbers. */
function cotangent(output: Tensor, i: number): Tensor {
  const next = random(1000 + i);
  return fromArray(
    output.device,
    output.shape,
    Float32Array.from({ length: output.size }, () => next.normal()),
  );
}

/** A tensor's numbers: in float64 where the device is the reference. */
export async function valuesOf(tensor: Tensor): Promise<ArrayLike<number>> {
  if (tensor.device === reference && tensor.dtype === "f32") {
    return (tensor.device as CpuDevice).floats(tensor.slot);
  }
  return await tensor.read();
}

/** Entries per input that are nudged: enough to see any wrong formula, few enough to be fast. */
const NUDGED = 24;

async function finiteDifferences(op: OpCase): Promise<void> {
  const { gradients } = await evaluate(op, reference);
  const step = op.step ?? 1e-5;
  for (const name of op.gradients ?? []) {
    const data = Float64Array.from(op.inputs[name]!.data);
    const next = random(77);
    const all = data.length <= NUDGED;
    const indices = Array.from(
      { length: Math.min(NUDGED, data.length) },
      (_, i) => all ? i : Math.floor(next.uniform() * data.length),
    );
    const numeric: number[] = [], analytic: number[] = [];
    for (const i of indices) {
      const value = data[i]!;
      data[i] = value + step;
      const above = weightedSum(op, { [name]: data });
      data[i] = value - step;
      const below = weightedSum(op, { [name]: data });
      data[i] = value;
      numeric.push((above - below) / (2 * step));
      analytic.push(gradients[name]![i]!);
    }
    within(`${op.name}: gradient of ${name} by finite differences`, analytic, numeric, 1e-5);
  }
}

function weightedSum(op: OpCase, replaced: Record<string, FloatArray>): number {
  return scope(() => {
    // Recorded, so that the differentiable outputs are known; the tape is not walked.
    const inputs = makeInputs(op, reference, replaced);
    const { result, tape } = record(() => list(op.run(inputs)));
    tape.discard();
    let sum = 0;
    result.filter((output) => output.requiresGrad).forEach((output, i) => {
      const weights = noGrad(() => reference.floats(cotangent(output, i).slot));
      const values = reference.floats(output.slot);
      for (let j = 0; j < output.size; j++) sum += weights[j]! * values[j]!;
    });
    return sum;
  });
}
