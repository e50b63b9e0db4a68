import assert from "node:assert/strict";
import { ResNet } from "../../../core/detection/resnet.ts";
import { ModelState, StateScope } from "../../../core/nn/state.ts";
import {
  backward,
  type Device,
  DryDevice,
  empty,
  fromArray,
  record,
  scope,
} from "../../../core/runtime/mod.ts";
import { type Config, defineExperiment } from "../../../core/train/config.ts";
import { summarize } from "../../../core/train/inspector.ts";
import { makeModel } from "../../../core/train/trainer.ts";
import r50 from "../../../experiments/r50_fpn_1x/config.ts";
import { onDevices } from "../../_support/devices.ts";
import { random } from "../../_support/random.ts";
import tiny from "../../fixtures/tiny/config.ts";

/** A detector of few channels, one of whose stages has two blocks and one deformable convolutions. */
const SMALL = defineExperiment({
  MODEL: {
    RESNETS: {
      STAGE_BLOCKS: [1, 2, 1, 1],
      STAGE_WITH_DCN: [false, false, true, false],
      WITH_MODULATED_DCN: true,
    },
  },
}, tiny);

function recomputing(config: Config, RECOMPUTE: boolean): Config {
  return defineExperiment({ MODEL: { BACKBONE: { RECOMPUTE } } }, config);
}

/** Losses, and every parameter's gradient under its name, of a step on one image. */
async function stepOf(device: Device, config: Config): Promise<Map<string, Float32Array>> {
  const model = makeModel(device, config);
  const { uniform } = random(5);
  const pixels = Float32Array.from({ length: 64 * 64 * 3 }, () => 200 * uniform() - 100);
  const found = scope(() => {
    const { result, tape } = record(() =>
      model.losses({
        images: {
          images: fromArray(device, [1, 64, 64, 3], pixels),
          sizes: fromArray(device, [1, 2], Float32Array.of(64, 64)),
        },
        truths: {
          boxes: fromArray(device, [1, 1, 4], Float32Array.of(8, 10, 40, 50)),
          labels: fromArray(device, [1, 1], Int32Array.of(1)),
          counts: fromArray(device, [1], Int32Array.of(1)),
        },
        criteria: { iou: 0.3, beta: 1 },
        sampling: { mode: "first", seed: 0, iteration: 1 },
      })
    );
    const gradients = backward(tape, Object.values(result.losses));
    const named = model.state.trainable().map(({ name, tensor }) =>
      [name, gradients.get(tensor.id)!] as const
    );
    return new Map([...Object.entries(result.losses), ...named]);
  });
  const values = new Map<string, Float32Array>();
  for (const [name, tensor] of found) values.set(name, await tensor.readFloats());
  for (const tensor of found.values()) tensor.release();
  model.close();
  return values;
}

onDevices("recomputed stages change no loss and no gradient by a bit", async (device) => {
  const expected = await stepOf(device, recomputing(SMALL, false));
  const actual = await stepOf(device, recomputing(SMALL, true));
  assert.deepEqual([...actual.keys()], [...expected.keys()]);
  for (const [name, values] of expected) {
    assert.deepEqual(actual.get(name), values, name);
    const isDeep = name.includes(".body.") && name.endsWith("conv1.weight");
    assert.ok(!isDeep || values.some((value) => value !== 0), `${name} is 0`);
  }
});

Deno.test("recomputed stages take less memory, and are told of as the others", () => {
  const kept = summarize(recomputing(r50, false)), again = summarize(recomputing(r50, true));
  assert.deepEqual(again.layers, kept.layers);
  // Within the stages that train: the blocks' own outputs and those of their first two norms.
  const dropped = kept.layers
    .filter(({ name, kind }) => /body\.layer[234]\..*bn\d$/.test(name) && kind.includes("norm"))
    .reduce((sum, { activation_bytes }) => sum + activation_bytes, 0);
  const last = kept.layers.filter(({ name }) => /layer(2\.3|3\.5|4\.2)\.bn3$/.test(name))
    .reduce((sum, { activation_bytes }) => sum + activation_bytes, 0);
  const saved = kept.training_peak_bytes - again.training_peak_bytes;
  assert.ok(saved > 0.95 * (dropped - last), `${saved} of ${dropped - last} bytes`);
});

Deno.test("frozen stages leave nothing on the tape", () => {
  for (const [frozen, trained] of [[2, [false, true, true, true]], [5, Array(4).fill(false)]]) {
    const device = new DryDevice();
    const { MODEL } = defineExperiment({
      MODEL: { BACKBONE: { FREEZE_CONV_BODY_AT: Number(frozen) } },
    }, r50);
    const state = new ModelState(device, 0);
    const body = new ResNet(new StateScope(state), MODEL);
    const { result, tape } = record(() => scope(() => body.apply(empty(device, [1, 64, 64, 3]))));
    assert.deepEqual(result.map(({ requiresGrad }) => requiresGrad), trained);
    const [first] = tape.entries;
    assert.equal(tape.entries.length === 0, frozen === 5);
    if (first) assert.ok(first.saved.every(({ shape }) => shape[1] !== 32), "the stem is held");
    tape.discard();
    state.close();
  }
});
