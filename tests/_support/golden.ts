/**
 * Golden values of narrow detectors, made by tests/fixtures/detector/make.py with PyTorch in float64, and the same
 * detectors with the same weights and inputs on a device of ours.
 * @module
 */
import assert from "node:assert/strict";
import type { Criteria, ImageBatch, ModelOptions, Truths } from "../../core/detection/mod.ts";
import { DynamicRcnn } from "../../core/detection/dynamic_rcnn.ts";
import type { SgdOptions } from "../../core/nn/sgd.ts";
import type { ModelState } from "../../core/nn/state.ts";
import { type Device, fromArray, sizeOf } from "../../core/runtime/mod.ts";
import { defaults } from "../../core/train/config.ts";
import { relativeError } from "./check_op.ts";
import { random } from "./random.ts";

const FOLDER = new URL("../fixtures/detector/", import.meta.url);

/** The cases of make.py. */
export const GOLDEN_CASES = ["frozen", "group_norm", "class_agnostic", "dcnv2", "dcnv1"] as const;

/** Numbers `center + spread · (2u − 1)` of a seed. */
interface Rule {
  readonly shape: readonly number[];
  readonly seed: number;
  readonly center: number;
  readonly spread: number;
}

/** What is kept of a tensor: every `step`-th entry and the L2 norm of all. */
interface Kept {
  readonly shape: readonly number[];
  /** First of its numbers in the binary. */
  readonly offset: number;
  readonly count: number;
  readonly step: number;
  readonly l2: number;
}

/** What a detector and its batch are made of. */
export interface GoldenInputs {
  readonly model: ModelOptions;
  readonly criteria: Criteria;
  readonly images: Rule & { readonly sizes: readonly (readonly [number, number])[] };
  /** Per image, rows of x1, y1, x2, y2, label. */
  readonly truths: readonly (readonly number[][])[];
  readonly tensors: Readonly<Record<string, Rule & { readonly frozen: boolean }>>;
}

interface GoldenIndex extends GoldenInputs {
  readonly solver: SgdOptions & { readonly lr: number; readonly steps: number };
  readonly losses: Readonly<Record<string, number>>;
  readonly statistics: { readonly iou: number; readonly error: number };
  readonly counts: {
    readonly rpn: readonly number[][];
    readonly rcnn: readonly number[][];
    readonly proposals: readonly number[];
  };
  /** Sum of the losses before each of ten steps. */
  readonly tenLosses: readonly number[];
  readonly values: Readonly<Record<string, Kept>>;
}

/** One case. */
export interface Golden {
  readonly name: string;
  readonly index: GoldenIndex;
  readonly numbers: Float32Array;
}

/** Reads a case. */
export function loadGolden(name: typeof GOLDEN_CASES[number]): Golden {
  const given: GoldenIndex = JSON.parse(Deno.readTextFileSync(new URL(`${name}.json`, FOLDER)));
  const index = { ...given, model: completeModel(given.model) };
  const bytes = Deno.readFileSync(new URL(`${name}.bin`, FOLDER));
  return { name, index, numbers: new Float32Array(bytes.buffer) };
}

/** A case's model with the defaults of keys that it does not give: those that came after it. */
export function completeModel(given: ModelOptions): ModelOptions {
  const { MODEL } = defaults;
  return {
    ...MODEL,
    ...given,
    RPN: { ...MODEL.RPN, ...given.RPN },
    RESNETS: { ...MODEL.RESNETS, ...given.RESNETS },
    DYNAMIC_RCNN: { ...MODEL.DYNAMIC_RCNN, ...given.DYNAMIC_RCNN },
    ROI_HEADS: { ...MODEL.ROI_HEADS, ...given.ROI_HEADS },
    ROI_BOX_HEAD: { ...MODEL.ROI_BOX_HEAD, ...given.ROI_BOX_HEAD },
  };
}

/** The golden numbers of a tensor. */
export function goldenNumbers({ index, numbers }: Golden, name: string): Float32Array {
  const kept = index.values[name];
  assert.ok(kept, `no golden values of ${name}`);
  return numbers.subarray(kept.offset, kept.offset + kept.count);
}

/** Fails where `actual` differs from the golden tensor by more than `tolerance` of its largest entry. */
export function assertGolden(
  golden: Golden,
  { name, actual }: { name: string; actual: ArrayLike<number> },
  tolerance: number,
): void {
  const expected = goldenNumbers(golden, name);
  const { shape, step, l2 } = golden.index.values[name]!;
  assert.equal(actual.length, sizeOf(shape), `${name} has another size than ${shape.join("×")}`);
  const sampled = Float32Array.from(expected, (_, i) => actual[i * step]!);
  const worst = relativeError(sampled, expected);
  assert.ok(
    worst.error <= tolerance,
    `${golden.name}: ${name} differs by ${worst.error} (> ${tolerance}) at ${
      worst.index * step
    }: ${worst.actual} for ${worst.expected}`,
  );
  let sum = 0;
  for (let i = 0; i < actual.length; i++) sum += actual[i]! * actual[i]!;
  const norm = Math.sqrt(sum);
  assert.ok(
    Math.abs(norm - l2) <= tolerance * Math.max(l2, 1e-6),
    `${golden.name}: the norm of ${name} is ${norm} for ${l2}`,
  );
}

/** The case's numbers of a rule. */
function numbersOf({ shape, seed, center, spread }: Rule): Float32Array<ArrayBuffer> {
  const next = random(seed);
  return Float32Array.from(
    { length: sizeOf(shape) },
    () => center + spread * (2 * next.uniform() - 1),
  );
}

/** Loads the case's weights into all tensors of a state, which may be a part of the model. */
export function loadWeights(
  { index }: { readonly index: Pick<GoldenInputs, "tensors"> },
  state: ModelState,
): void {
  for (const { name, shape } of state.entries()) {
    const rule = index.tensors[name];
    assert.ok(rule, `the original has no ${name}`);
    assert.deepEqual(shape, rule.shape, `${name} has another shape than the original's`);
    state.load(name, { shape, data: numbersOf(rule) });
  }
  state.loaded();
}

/** The case's detector with its weights. Close it. */
export function goldenModel(golden: { readonly index: GoldenInputs }, device: Device): DynamicRcnn {
  const { model: given, images } = golden.index;
  const options = completeModel(given);
  const model = new DynamicRcnn(device, options, { seed: 1, imagesPerGpu: images.sizes.length });
  loadWeights(golden, model.state);
  return model;
}

/** The case's images and truths; they belong to the calling scope. */
export function goldenBatch(
  { index }: { readonly index: GoldenInputs },
  device: Device,
): { images: ImageBatch; truths: Truths } {
  const { images, truths } = index;
  const room = Math.max(...truths.map((rows) => rows.length));
  const boxes = new Float32Array(truths.length * room * 4);
  const labels = new Int32Array(truths.length * room);
  truths.forEach((rows, n) =>
    rows.forEach((row, g) => {
      boxes.set(row.slice(0, 4), (n * room + g) * 4);
      labels[n * room + g] = row[4]!;
    })
  );
  const sizes = Float32Array.from(images.sizes.flat());
  return {
    images: {
      images: fromArray(device, images.shape, paddedImages(index)),
      sizes: fromArray(device, [images.sizes.length, 2], sizes),
    },
    truths: {
      boxes: fromArray(device, [truths.length, room, 4], boxes),
      labels: fromArray(device, [truths.length, room], labels),
      counts: fromArray(device, [truths.length], Int32Array.from(truths, (rows) => rows.length)),
    },
  };
}

/** The images' numbers, zero outside the unpadded sizes. */
function paddedImages({ images }: GoldenInputs): Float32Array<ArrayBuffer> {
  const data = numbersOf(images);
  const [, height = 0, width = 0, channels = 0] = images.shape;
  images.sizes.forEach(([right, bottom], n) => {
    for (let y = 0; y < height; y++) {
      const row = (n * height + y) * width * channels;
      data.fill(0, row + (y < bottom ? right * channels : 0), row + width * channels);
    }
  });
  return data;
}
