/**
 * Detectors as wide and deep as the published ones against PyTorch (tests/fixtures/parity/make_full_width.py): losses,
 * statistics, samples, the norms of all gradients, and detections.
 */
import assert from "node:assert/strict";
import { asyncScope, backward, type Device, record } from "../../../core/runtime/mod.ts";
import { onDevices, TARGETS } from "../../_support/devices.ts";
import { goldenBatch, type GoldenInputs, goldenModel } from "../../_support/golden.ts";

interface FullWidth extends GoldenInputs {
  readonly losses: Readonly<Record<string, number>>;
  readonly statistics: { readonly iou: number; readonly error: number };
  readonly counts: { readonly rpn: number[][]; readonly rcnn: number[][] };
  /** L2 norm, sum, and sum of absolute values. */
  readonly gradients: Readonly<Record<string, readonly [number, number, number]>>;
  readonly detections: readonly {
    readonly boxes: number[][];
    readonly scores: number[];
    readonly labels: number[];
  }[];
}

const SAMPLING = { mode: "first", seed: 1, iteration: 1 } as const;
/**
 * Gradients get ten times the tolerance of the narrow detectors': of millions of ReLUs some are so close to zero that
 * rounding decides, and each passes or stops a gradient.
 */
const FORWARD = 1e-5, GRADIENT = 1e-3, SCORE = 1e-4;
/** Pixels. */
const BOX = 0.01;

/** With deformable convolutions on the CPU device alone: half a minute on the other shows what the narrow ones do. */
const CASES = { r50: TARGETS, r101: TARGETS, r101_dcnv2: [{ name: "cpu", kind: "cpu" }] } as const;

for (const [name, targets] of Object.entries(CASES)) {
  onDevices(`${name} at full width: losses, gradients and detections equal PyTorch's`, (device) => {
    const file = new URL(`../../fixtures/parity/${name}.json`, import.meta.url);
    const index: FullWidth = JSON.parse(Deno.readTextFileSync(file));
    return asyncScope(() => compare(index, device));
  }, targets);
}

async function compare(index: FullWidth, device: Device): Promise<void> {
  const model = goldenModel({ index }, device);
  try {
    const batch = goldenBatch({ index }, device);
    const { result: output, tape } = record(() =>
      model.losses({ ...batch, criteria: index.criteria, sampling: SAMPLING })
    );
    const gradients = backward(tape, Object.values(output.losses));
    for (const [key, loss] of Object.entries(output.losses)) {
      assertClose(key, [(await loss.readFloats())[0]!, index.losses[key]!], FORWARD);
    }
    const { iou, error } = output.statistics;
    assertClose("K_I", [(await iou.readFloats())[0]!, index.statistics.iou], FORWARD);
    assertClose("K_E", [(await error.readFloats())[0]!, index.statistics.error], FORWARD);
    assert.deepEqual(Array.from(await output.counts.rpn.read()), index.counts.rpn.flat());
    assert.deepEqual(Array.from(await output.counts.rcnn.read()), index.counts.rcnn.flat());
    const trainable = model.state.trainable();
    assert.deepEqual(
      trainable.map((entry) => entry.name).sort(),
      Object.keys(index.gradients).sort(),
    );
    for (const { name, tensor } of trainable) {
      const [norm, , absolute] = index.gradients[name]!;
      const { l2, abs } = norms(await gradients.get(tensor.id)!.readFloats());
      assertClose(`gradient of ${name}, norm`, [l2, norm], GRADIENT);
      assertClose(`gradient of ${name}, absolute sum`, [abs, absolute], GRADIENT);
    }
    await compareDetections(index, await model.detect(batch.images));
  } finally {
    model.close();
  }
}

function compareDetections(
  { detections }: FullWidth,
  found: readonly { boxes: Float32Array; scores: Float32Array; labels: Int32Array }[],
): void {
  for (const [image, { boxes, scores, labels }] of found.entries()) {
    const expected = detections[image]!;
    assert.deepEqual(Array.from(labels), expected.labels, `labels of image ${image}`);
    assert.ok(expected.labels.length > 3, "a case without detections shows nothing");
    expected.boxes.flat().forEach((value, i) => {
      assert.ok(Math.abs(boxes[i]! - value) <= BOX, `box number ${i}: ${boxes[i]} for ${value}`);
    });
    expected.scores.forEach((value, i) => {
      assert.ok(Math.abs(scores[i]! - value) <= SCORE, `score ${i}: ${scores[i]} for ${value}`);
    });
  }
}

function norms(values: Float32Array): { l2: number; abs: number } {
  let squares = 0, abs = 0;
  for (const value of values) {
    squares += value * value;
    abs += Math.abs(value);
  }
  return { l2: Math.sqrt(squares), abs };
}

function assertClose(
  what: string,
  [actual, expected]: readonly [number, number],
  tolerance: number,
): void {
  assert.ok(
    Math.abs(actual - expected) <= tolerance * Math.abs(expected),
    `${what} is ${actual} for ${expected}`,
  );
}
