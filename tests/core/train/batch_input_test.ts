import assert from "node:assert/strict";
import type { Batch } from "../../../core/data/mod.ts";
import { scope } from "../../../core/runtime/mod.ts";
import { imageBatch } from "../../../core/train/batch_input.ts";
import { type ConfigPatch, defineExperiment } from "../../../core/train/config.ts";
import { onDevices } from "../../_support/devices.ts";

/** One image of one pixel: red 200, green 100, blue 50. */
const PIXEL: Batch = {
  iteration: 1,
  images: [{
    ...{
      id: 1,
      index: 0,
      fileName: "1.png",
      width: 1,
      height: 1,
      pixels: Uint8Array.of(200, 100, 50),
    },
    ...{ resizedWidth: 1, resizedHeight: 1, flipHorizontal: false, flipVertical: false },
    ...{ boxes: new Float32Array(), labels: new Int32Array() },
  }],
  paddedWidth: 1,
  paddedHeight: 1,
};

onDevices(
  "the network sees BGR bytes, or without TO_BGR255 RGB from 0 to 1, each with its own mean and deviation",
  async (device) => {
    const seen = async (INPUT: ConfigPatch["INPUT"]) => {
      const { images, sizes } = scope(() => imageBatch(device, PIXEL, defineExperiment({ INPUT })));
      const values = await images.readFloats();
      images.release();
      sizes.release();
      return [...values];
    };
    near(await seen({ PIXEL_MEAN: [10, 20, 30], PIXEL_STD: [1, 2, 4] }), [40, 40, 42.5]);
    const fraction = {
      TO_BGR255: false,
      PIXEL_MEAN: [0.485, 0.456, 0.406],
      PIXEL_STD: [0.5, 0.25, 0.2],
    };
    near(await seen(fraction), [
      (200 / 255 - 0.485) / 0.5,
      (100 / 255 - 0.456) / 0.25,
      (50 / 255 - 0.406) / 0.2,
    ]);
  },
);

function near(actual: readonly number[], expected: readonly number[]): void {
  assert.equal(actual.length, expected.length);
  expected.forEach((value, i) => {
    assert.ok(Math.abs(actual[i]! - value) < 1e-5, `${actual} for ${expected}`);
  });
}
