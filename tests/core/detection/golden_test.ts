/**
 * The whole detector against PyTorch: golden values of narrow detectors (tests/fixtures/detector), which
 * compare_original.py there holds to the original's own code. Where one of these fails, the first that fails says
 * where to look: features, predictions, proposals, losses, gradients, update.
 */
import assert from "node:assert/strict";
import { DynamicRcnn, type TrainingOutput } from "../../../core/detection/dynamic_rcnn.ts";
import { Fpn } from "../../../core/detection/fpn.ts";
import { ResNet } from "../../../core/detection/resnet.ts";
import { Rpn } from "../../../core/detection/rpn.ts";
import { Sgd } from "../../../core/nn/sgd.ts";
import { ModelState, StateScope } from "../../../core/nn/state.ts";
import {
  asyncScope,
  backward,
  type Device,
  noGrad,
  record,
  scope,
  type Tensor,
} from "../../../core/runtime/mod.ts";
import { onDevices } from "../../_support/devices.ts";
import {
  assertGolden,
  type Golden,
  GOLDEN_CASES,
  goldenBatch,
  goldenModel,
  goldenNumbers,
  loadGolden,
  loadWeights,
} from "../../_support/golden.ts";

const SAMPLING = { mode: "first", seed: 1, iteration: 1 } as const;
/** Relative to a tensor's largest entry. */
const FORWARD = 1e-5, GRADIENT = 1e-4, UPDATE = 1e-5, TEN_LOSSES = 1e-3;
/** Pixels. */
const BOX = 0.01;

for (const name of GOLDEN_CASES) {
  const golden = loadGolden(name);
  onDevices(`${name}: features, predictions and proposals equal PyTorch's`, async (device) => {
    await asyncScope(() => compareParts(golden, device));
  });
  onDevices(`${name}: losses, statistics and all gradients equal PyTorch's`, async (device) => {
    await asyncScope(() => compareGradients(golden, device));
  });
  onDevices(`${name}: a step of SGD and ten losses equal PyTorch's`, async (device) => {
    await asyncScope(() => compareTraining(golden, device));
  });
  onDevices(`${name}: detections equal PyTorch's`, async (device) => {
    await asyncScope(() => compareDetections(golden, device));
  });
}

async function compareParts(golden: Golden, device: Device): Promise<void> {
  const state = new ModelState(device, 1);
  try {
    const batch = goldenBatch(golden, device);
    const parts = scope(() => noGrad(() => runParts(golden, state, batch)));
    for (const [i, feature] of parts.features.entries()) {
      await compare(golden, `P${i + 2}`, feature, FORWARD);
    }
    await compare(golden, "rpn logits", parts.logits, FORWARD);
    await compare(golden, "rpn deltas", parts.deltas, FORWARD);
    await compareBoxes(golden, "proposals", parts.training);
    await compareBoxes(golden, "test proposals", parts.testing);
  } finally {
    state.close();
  }
}

/** The detector up to its proposals, of parts, since the whole shows only its results. */
function runParts(golden: Golden, state: ModelState, batch: ReturnType<typeof goldenBatch>) {
  const { model } = golden.index;
  const root = new StateScope(state);
  const backbone = root.child("backbone");
  const outChannels = model.RESNETS.BACKBONE_OUT_CHANNELS;
  const body = new ResNet(backbone.child("body"), model);
  const fpn = new Fpn(backbone.child("fpn"), {
    inChannels: body.channels,
    outChannels,
    useRelu: model.FPN.USE_RELU,
  });
  const rpn = new Rpn(root, model, outChannels);
  loadWeights(golden, state);
  const features = fpn.apply(body.apply(batch.images.images));
  const predictions = rpn.predict(features, batch.images.images);
  const { sizes } = batch.images;
  return {
    features,
    logits: predictions.logits,
    deltas: predictions.deltas,
    training: rpn.proposals(predictions, { sizes, truths: batch.truths }),
    testing: rpn.proposals(predictions, { sizes }),
  };
}

async function compareGradients(golden: Golden, device: Device): Promise<void> {
  const model = goldenModel(golden, device);
  try {
    const { output, gradients } = computeGradients(golden, model);
    await compareOutput(golden, output);
    for (const entry of model.state.trainable()) {
      const gradient = gradients.get(entry.tensor.id);
      assert.ok(gradient, `${entry.name} has no gradient`);
      const { data } = await model.state.canonical(entry, gradient);
      assertGolden(golden, { name: `gradient ${entry.name}`, actual: data }, GRADIENT);
    }
    const trained = Object.entries(golden.index.tensors).filter(([, { frozen }]) => !frozen);
    assert.deepEqual(
      model.state.trainable().map(({ name }) => name).sort(),
      trained.map(([name]) => name).sort(),
    );
  } finally {
    model.close();
  }
}

async function compareTraining(golden: Golden, device: Device): Promise<void> {
  const { solver, tenLosses } = golden.index;
  const model = goldenModel(golden, device);
  const sgd = new Sgd(model.state, solver);
  const live: number[] = [];
  try {
    for (const [step, expected] of tenLosses.entries()) {
      const losses = scope(() => {
        const { output, gradients } = computeGradients(golden, model);
        const losses = Object.values(output.losses);
        sgd.step(gradients, { lr: solver.lr, losses });
        return losses;
      });
      let sum = 0;
      for (const loss of losses) sum += (await loss.readFloats())[0]!;
      for (const loss of losses) loss.release();
      assertClose(`${golden.name}: loss of step ${step + 1}`, sum, expected, TEN_LOSSES);
      if (step === 0) await compareStepped(golden, model);
      live.push(device.memory().liveBytes);
    }
    assert.deepEqual(new Set(live.slice(1)), new Set([live[0]]), "a step leaves memory behind");
  } finally {
    sgd.close();
    model.close();
  }
}

async function compareStepped(golden: Golden, model: DynamicRcnn): Promise<void> {
  for (const entry of model.state.trainable()) {
    const { data } = await model.state.canonical(entry);
    assertGolden(golden, { name: `stepped ${entry.name}`, actual: data }, UPDATE);
  }
}

async function compareDetections(golden: Golden, device: Device): Promise<void> {
  const model = goldenModel(golden, device);
  try {
    const found = await model.detect(goldenBatch(golden, device).images);
    for (const [image, { boxes, scores, labels }] of found.entries()) {
      const expected = goldenNumbers(golden, `detected labels ${image}`);
      assert.deepEqual(Array.from(labels), Array.from(expected), `labels of image ${image}`);
      assertNear(`boxes of image ${image}`, {
        actual: boxes,
        expected: goldenNumbers(golden, `detected boxes ${image}`),
      }, BOX);
      assertNear(`scores of image ${image}`, {
        actual: scores,
        expected: goldenNumbers(golden, `detected scores ${image}`),
      }, 1e-4);
    }
  } finally {
    model.close();
  }
}

function computeGradients(golden: Golden, model: DynamicRcnn) {
  const { criteria } = golden.index;
  const batch = goldenBatch(golden, model.state.device);
  const { result: output, tape } = record(() =>
    model.losses({ ...batch, criteria, sampling: SAMPLING })
  );
  return { output, gradients: backward(tape, Object.values(output.losses)) };
}

async function compareOutput(golden: Golden, output: TrainingOutput): Promise<void> {
  const { losses, statistics, counts } = golden.index;
  for (const [name, loss] of Object.entries(output.losses)) {
    assertClose(name, (await loss.readFloats())[0]!, losses[name]!, FORWARD);
  }
  const { iou, error } = output.statistics;
  assertClose("K_I", (await iou.readFloats())[0]!, statistics.iou, FORWARD);
  assertClose("K_E", (await error.readFloats())[0]!, statistics.error, FORWARD);
  assert.deepEqual(Array.from(await output.counts.rpn.read()), counts.rpn.flat());
  assert.deepEqual(Array.from(await output.counts.rcnn.read()), counts.rcnn.flat());
  assert.deepEqual(Array.from(await output.counts.proposals.read()), [...counts.proposals]);
}

async function compare(
  golden: Golden,
  name: string,
  tensor: Tensor,
  tolerance: number,
): Promise<void> {
  assertGolden(golden, { name, actual: await tensor.readFloats() }, tolerance);
}

async function compareBoxes(
  golden: Golden,
  what: string,
  { boxes, counts }: { boxes: Tensor; counts: Tensor },
): Promise<void> {
  const [images = 0, room = 0] = boxes.shape;
  const [rows, used] = [await boxes.readFloats(), await counts.read()];
  for (let image = 0; image < images; image++) {
    const expected = goldenNumbers(golden, `${what} ${image}`);
    assert.equal(used[image]! * 4, expected.length, `number of ${what} of image ${image}`);
    const actual = rows.subarray(image * room * 4, (image * room + used[image]!) * 4);
    assertNear(`${what} of image ${image}`, { actual, expected }, BOX);
  }
}

function assertClose(what: string, actual: number, expected: number, tolerance: number): void {
  assert.ok(
    Math.abs(actual - expected) <= tolerance * Math.abs(expected),
    `${what} is ${actual} for ${expected}`,
  );
}

/** Fails where numbers differ by more than `tolerance`, absolutely. */
function assertNear(
  what: string,
  { actual, expected }: { actual: ArrayLike<number>; expected: ArrayLike<number> },
  tolerance: number,
): void {
  assert.equal(actual.length, expected.length, `how many ${what}`);
  for (let i = 0; i < expected.length; i++) {
    assert.ok(
      Math.abs(actual[i]! - expected[i]!) <= tolerance,
      `${what}: number ${i} is ${actual[i]} for ${expected[i]}`,
    );
  }
}
