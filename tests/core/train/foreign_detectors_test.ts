/**
 * Detectors of other makers, with their weights under their names: what they detect and learn is what their own code
 * says (tests/fixtures/foreign).
 */
import assert from "node:assert/strict";
import type { HostTensor } from "../../../core/nn/state.ts";
import { asyncScope, backward, type Device, record } from "../../../core/runtime/mod.ts";
import { CpuDevice } from "../../../core/runtime/cpu/device.ts";
import { type Config, defineExperiment } from "../../../core/train/config.ts";
import { openTestSets } from "../../../core/train/datasets.ts";
import { predict } from "../../../core/train/tester.ts";
import { MMDETECTION_NAMES } from "../../../core/train/weights/name_maps/mmdetection.ts";
import { renamed } from "../../../core/train/weights/name_maps/rename.ts";
import { torchvisionNames } from "../../../core/train/weights/name_maps/torchvision.ts";
import mmdetection from "../../../experiments/mmdet_dynamic_rcnn_r50_fpn_1x/config.ts";
import torchvision from "../../../experiments/torchvision_fasterrcnn_r50_fpn/config.ts";
import { onDevices } from "../../_support/devices.ts";
import {
  assertDetections,
  foreignBatch,
  type ForeignCase,
  foreignInput,
  foreignModel,
  narrowed,
  readForeign,
  writeForeignSet,
} from "../../_support/foreign.ts";

const SAMPLING = { mode: "first", seed: 1, iteration: 1 } as const;

interface Given {
  readonly name: string;
  readonly config: Config;
  readonly golden: ForeignCase;
  /** Renames the norms of gradients as the weights. */
  readonly names: (norms: ReadonlyMap<string, HostTensor>) => ReadonlyMap<string, HostTensor>;
  /** Their names of our losses. */
  readonly losses: Readonly<Record<string, string>>;
}

const TORCHVISION: Given = {
  name: "torchvision",
  config: narrowed(torchvision),
  golden: readForeign("torchvision"),
  names: (norms) => torchvisionNames(norms, { classes: 91 }),
  losses: {
    rpn_cls_loss: "loss_objectness",
    rpn_bbox_loss: "loss_rpn_box_reg",
    rcnn_cls_loss: "loss_classifier",
    rcnn_bbox_loss: "loss_box_reg",
  },
};

const MMDETECTION: Given = {
  name: "mmdetection",
  config: narrowed(mmdetection),
  golden: readForeign("mmdetection"),
  names: (norms) => renamed(norms, MMDETECTION_NAMES),
  losses: {
    rpn_cls_loss: "loss_rpn_cls",
    rpn_bbox_loss: "loss_rpn_bbox",
    rcnn_cls_loss: "loss_cls",
    rcnn_bbox_loss: "loss_bbox",
  },
};

/** Each image by itself, as the fixtures' makers did: the network sees a batch's padding. */
async function compareDetections({ name, config, golden }: Given, device: Device): Promise<void> {
  const model = await foreignModel(name, { device, config });
  try {
    for (const [index, expected] of golden.detections.entries()) {
      const batch = foreignBatch(golden, config, [index]);
      const [image] = batch.images;
      assert.ok(image);
      const { resizedWidth: width, resizedHeight: height } = image;
      const { paddedHeight, paddedWidth } = batch;
      const { padded, ...size } = golden.resized[index]!;
      assert.deepEqual({ width, height }, { width: size.width, height: size.height });
      assert.deepEqual([paddedHeight, paddedWidth], padded);
      const { images } = foreignInput(device, batch, config);
      const [found] = await model.detect(images);
      assertDetections(found!, expected, { image, name: `image ${index}` });
    }
  } finally {
    model.close();
  }
}

async function trainingStep({ name, config, golden }: Given, device: Device) {
  const model = await foreignModel(name, { device, config });
  try {
    const input = foreignInput(device, foreignBatch(golden, config, [0, 1]), config);
    const { FG_IOU_THRESHOLD, SMOOTH_L1_BETA } = config.MODEL.ROI_HEADS;
    const criteria = golden.criteria ?? { iou: FG_IOU_THRESHOLD, beta: SMOOTH_L1_BETA };
    const { result: output, tape } = record(() =>
      model.losses({ ...input, criteria, sampling: SAMPLING })
    );
    const gradients = backward(tape, Object.values(output.losses));
    const norms = new Map<string, number>();
    for (const entry of model.state.trainable()) {
      const values = await gradients.get(entry.tensor.id)!.readFloats();
      norms.set(entry.name, Math.hypot(...values));
    }
    const losses = new Map<string, number>();
    for (const [loss, value] of Object.entries(output.losses)) {
      losses.set(loss, (await value.readFloats())[0]!);
    }
    const [iou, error] = await Promise.all([
      output.statistics.iou.readFloats(),
      output.statistics.error.readFloats(),
    ]);
    return { losses, norms, statistics: { iou: iou[0], error: error[0] } };
  } finally {
    model.close();
  }
}

function near(actual: number | undefined, expected: number, what: string): void {
  assert.ok(
    actual !== undefined && Math.abs(actual - expected) <= 1e-3 * Math.abs(expected),
    `${what}: ${actual} for ${expected}`,
  );
}

async function compareTraining(given: Given, device: Device): Promise<void> {
  const { losses, norms, statistics } = await trainingStep(given, device);
  if (given.golden.statistics) {
    near(statistics.iou, given.golden.statistics.iou, "the K_I-th IoU");
    near(statistics.error, given.golden.statistics.error, "the K_E-th error");
  }
  for (const [ours, theirs] of Object.entries(given.losses)) {
    near(losses.get(ours), given.golden.losses[theirs]!, theirs);
  }
  const tensors = Object.entries(given.golden.gradientNorms).map((
    [name, norm],
  ): [string, HostTensor] => [name, { shape: [1], data: Float32Array.of(norm) }]);
  for (const [name, { data }] of given.names(new Map(tensors))) {
    near(norms.get(name), data[0]!, `gradient of ${name}`);
  }
  assert.equal(norms.size, tensors.length);
}

for (const given of [TORCHVISION, MMDETECTION]) {
  onDevices(`${given.name}'s detector: detections equal its own`, async (device) => {
    await asyncScope(() => compareDetections(given, device));
  });
  onDevices(
    `${given.name}'s detector: losses, statistics and gradients equal its own`,
    async (device) => {
      await asyncScope(() => compareTraining(given, device));
    },
  );
}

Deno.test("testing writes torchvision's classes as ids and its boxes as x2 − x1 wide", async () => {
  const { golden, config } = TORCHVISION;
  const device = new CpuDevice();
  const folder = await Deno.makeTempDir();
  try {
    const set = await writeForeignSet(folder, golden, [18, 90]);
    const tested = defineExperiment({ DATASETS: { TEST: { foreign: set } } }, config);
    const [dataset] = await openTestSets(tested);
    const model = await foreignModel("torchvision", { device, config: tested });
    const { detections } = await predict({ model, device, config: tested }, dataset!);
    model.close();
    for (const [index, expected] of golden.detections.entries()) {
      const own = detections.filter((one) => one.image_id === index + 1);
      const found = {
        boxes: Float32Array.from(own.flatMap(({ bbox: [x, y, w, h] }) => [x, y, x + w, y + h])),
        scores: Float32Array.from(own, ({ score }) => score),
        labels: Int32Array.from(own, ({ category_id }) => category_id),
      };
      const { width, height } = golden.images[index]!;
      const image = { width, height, resizedWidth: width, resizedHeight: height };
      assertDetections(found, expected, { image, name: `image ${index + 1}` });
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a set whose ids the model has no classes for is refused by name", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const set = await writeForeignSet(folder, TORCHVISION.golden, [18, 91]);
    const tested = defineExperiment({ DATASETS: { TEST: { foreign: set } } }, TORCHVISION.config);
    await assert.rejects(
      openTestSets(tested),
      /NUM_CLASSES is 91, DATALOADER\.LABELS is "ids" and .*ann\.json has category id 91/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
