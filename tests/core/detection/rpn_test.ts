import assert from "node:assert/strict";
import { Rpn } from "../../../core/detection/rpn.ts";
import { ModelState, StateScope } from "../../../core/nn/state.ts";
import {
  type Device,
  DryDevice,
  empty,
  fromArray,
  scope,
  type Tensor,
} from "../../../core/runtime/mod.ts";
import { defaults } from "../../../core/train/config.ts";
import { relativeError } from "../../_support/check_op.ts";
import { reference } from "../../_support/devices.ts";
import { random } from "../../_support/random.ts";

const CHANNELS = 8;
const EXTENTS = [[8, 11], [4, 6], [2, 3], [1, 2], [1, 1], [3, 1]] as const;
const IMAGES = [2, 32, 44, 3];

/** An RPN of so many levels: those on one device have the same weights. */
function makeRpn(device: Device, levels: number): { rpn: Rpn; state: ModelState } {
  const { RPN } = defaults.MODEL;
  const state = new ModelState(device, 3);
  const strides = EXTENTS.map((_, level) => 4 << level);
  const options = {
    ...RPN,
    ANCHOR_SIZES: strides.slice(0, levels).map((stride) => 2 * stride),
    ANCHOR_STRIDE: strides,
  };
  const model = { ...defaults.MODEL, RPN: options };
  return { rpn: new Rpn(new StateScope(state), model, CHANNELS), state };
}

function randomFeatures(count: number): Tensor[] {
  const next = random(count);
  return EXTENTS.slice(0, count).map(([height, width]) => {
    const size = IMAGES[0]! * height * width * CHANNELS;
    const numbers = Float32Array.from({ length: size }, () => next.normal());
    return fromArray(reference, [IMAGES[0]!, height, width, CHANNELS], numbers);
  });
}

/** Numbers of `rows` rows of image `n`, from `first` on, of f32 `[N, R, …]`. */
function rowsOf(tensor: Tensor, n: number, { first, rows }: { first: number; rows: number }) {
  const width = tensor.size / (tensor.shape[0]! * tensor.shape[1]!);
  const start = (n * tensor.shape[1]! + first) * width;
  return reference.floats(tensor.slot).subarray(start, start + rows * width);
}

for (const levels of [1, 2, 3, 5, 6]) {
  Deno.test(`the RPN's predictions of ${levels} levels are those of each level alone`, () => {
    const { rpn, state } = makeRpn(reference, levels);
    const { rpn: single, state: singleState } = makeRpn(reference, 1);
    scope(() => {
      const features = randomFeatures(levels);
      const images = empty(reference, IMAGES);
      const all = rpn.predict(features, images);
      let first = 0;
      features.forEach((feature, level) => {
        const alone = single.predict([feature], images);
        const rows = alone.levelSizes[0]!;
        assert.equal(all.levelSizes[level], rows);
        for (const name of ["logits", "deltas"] as const) {
          for (let n = 0; n < IMAGES[0]!; n++) {
            const actual = rowsOf(all[name], n, { first, rows });
            const expected = rowsOf(alone[name], n, { first: 0, rows });
            const { error } = relativeError(actual, expected);
            assert.ok(error < 1e-12, `${name} of level ${level}, image ${n} differ by ${error}`);
          }
        }
        first += rows;
      });
      assert.deepEqual(all.logits.shape, [IMAGES[0], first]);
    });
    state.close();
    singleState.close();
  });
}

Deno.test("the RPN convolves five levels in two runs of two convolutions", () => {
  const device = new DryDevice();
  const { rpn, state } = makeRpn(device, 5);
  scope(() => {
    const features = EXTENTS.slice(0, 5).map(([height, width]) =>
      empty(device, [IMAGES[0]!, height, width, CHANNELS])
    );
    rpn.predict(features, empty(device, IMAGES));
  });
  assert.equal(device.launches.get("conv2d"), 4);
  state.close();
});
