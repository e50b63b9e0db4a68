import assert from "node:assert/strict";
import type { Batch, BatchImage } from "../../../core/data/mod.ts";
import type { DynamicRcnn } from "../../../core/detection/dynamic_rcnn.ts";
import { augmentedViews, detectAugmented } from "../../../core/train/bbox_aug.ts";
import { type Config, type ConfigPatch, defineExperiment } from "../../../core/train/config.ts";
import { detectBatch } from "../../../core/train/tester.ts";
import { makeModel } from "../../../core/train/trainer.ts";
import { CpuDevice } from "../../../core/runtime/cpu/device.ts";
import type { Device } from "../../../core/runtime/mod.ts";
import { onDevices } from "../../_support/devices.ts";
import { type GoldenInputs, loadWeights } from "../../_support/golden.ts";
import { random } from "../../_support/random.ts";

/** tests/fixtures/tta/case.json, which hold_to_original.py there holds to the original's own code. */
interface AugmentedCase extends Pick<GoldenInputs, "tensors"> {
  readonly model: ConfigPatch["MODEL"];
  readonly settings: ConfigPatch;
  readonly square: number;
  readonly images: readonly { width: number; height: number; seed: number }[];
  readonly results: readonly {
    readonly frame: readonly [number, number];
    /** Boxes above the score threshold in each pass. */
    readonly candidates: readonly number[];
    readonly labels: readonly number[];
    readonly scores: readonly number[];
    readonly boxes: readonly (readonly number[])[];
  }[];
}

const golden: AugmentedCase = JSON.parse(
  await Deno.readTextFile(new URL("../../fixtures/tta/case.json", import.meta.url)),
);
const config = defineExperiment({ ...golden.settings, MODEL: golden.model });

/** Pixels; the scores' tolerance is absolute. */
const BOX = 0.01, SCORE = 1e-4;

function augmented(changes: Partial<Config["TEST"]["BBOX_AUG"]>): Config {
  return defineExperiment({ TEST: { BBOX_AUG: changes } }, config);
}

/** A picture as the loader gives it: `square` pixels wide and high stretches of one colour, as case.py draws them. */
function picture(
  { width, height, seed }: AugmentedCase["images"][number],
  index: number,
): BatchImage {
  const { square } = golden;
  const next = random(seed), columns = Math.ceil(width / square);
  const coarse = Uint8Array.from(
    { length: Math.ceil(height / square) * columns * 3 },
    () => Math.floor(256 * next.uniform()),
  );
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, at) => {
    const x = Math.floor(at / 3) % width, y = Math.floor(at / 3 / width);
    return coarse[(Math.floor(y / square) * columns + Math.floor(x / square)) * 3 + at % 3]!;
  });
  const [resizedWidth, resizedHeight] = golden.results[index]!.frame;
  return {
    ...{ id: index + 1, index, fileName: `${index}.png`, width, height, pixels },
    ...{ resizedWidth, resizedHeight, flipHorizontal: false, flipVertical: false },
    ...{ boxes: new Float32Array(), labels: new Int32Array() },
  };
}

const batch: Batch = {
  iteration: 1,
  images: golden.images.map(picture),
  paddedWidth: 160,
  paddedHeight: 128,
};

async function withModel(
  device: Device,
  body: (model: DynamicRcnn) => Promise<void>,
): Promise<void> {
  const model = makeModel(device, config);
  try {
    loadWeights({ index: golden }, model.state);
    await body(model);
  } finally {
    model.close();
  }
}

onDevices("detectBatch() with TEST.BBOX_AUG equals PyTorch's on a batch of two", async (device) => {
  await withModel(device, async (model) => {
    const found = await detectBatch({ model, device, config }, batch);
    golden.results.forEach((expected, image) => {
      const { boxes, scores, labels } = found[image]!;
      assert.deepEqual([...labels], expected.labels, `labels of image ${image}`);
      assertNear(scores, expected.scores, { tolerance: SCORE, what: `scores of image ${image}` });
      assertNear(boxes, expected.boxes.flat(), { tolerance: BOX, what: `boxes of image ${image}` });
    });
    // The first time leaves tables of the shapes behind.
    const before = device.memory().liveBytes;
    await detectBatch({ model, device, config }, batch);
    assert.equal(device.memory().liveBytes, before, "memory left over");
  });
});

Deno.test("more views of one size need no more memory: they take turns", async () => {
  const peakOf = async (changes: Partial<Config["TEST"]["BBOX_AUG"]>) => {
    const device = new CpuDevice({ precision: 32 });
    await withModel(device, async (model) => {
      await detectAugmented({ model, device, config: augmented(changes) }, batch);
    });
    return device.memory().peakBytes;
  };
  const one = await peakOf({ H_FLIP: false, SCALES: [] });
  assert.equal(await peakOf({ H_FLIP: true, SCALES: [96, 96], MAX_SIZE: 144 }), one);
});

Deno.test("augmentedViews() begins with the plain size, then takes each scale and its mirror image", () => {
  assert.deepEqual(augmentedViews(config), [
    { minSize: 96, maxSize: 144, flip: false },
    { minSize: 96, maxSize: 144, flip: true },
    { minSize: 80, maxSize: 136, flip: false },
    { minSize: 80, maxSize: 136, flip: true },
    { minSize: 112, maxSize: 136, flip: false },
    { minSize: 112, maxSize: 136, flip: true },
  ]);
  const few = augmentedViews(augmented({ H_FLIP: false, SCALE_H_FLIP: false, SCALES: [96] }));
  assert.deepEqual(few.map(({ minSize, flip }) => [minSize, flip]), [[96, false], [96, false]]);
});

function assertNear(
  actual: ArrayLike<number>,
  expected: readonly number[],
  { tolerance, what }: { tolerance: number; what: string },
): void {
  assert.equal(actual.length, expected.length, what);
  expected.forEach((value, i) => {
    const difference = Math.abs(actual[i]! - value);
    assert.ok(difference <= tolerance, `${what}: ${actual[i]} for ${value} at ${i}`);
  });
}
