import assert from "node:assert/strict";
import { fromArray, scope, type Tensor } from "../../core/runtime/mod.ts";
import { concatLevels, headChannels } from "../../kernels/concat_levels/mod.ts";
import type { MapArea } from "../../kernels/_shared/map_areas.ts";
import { checkOp, floats } from "../_support/check_op.ts";
import { onDevices, reference } from "../_support/devices.ts";

const area = (top: number, left: number, height: number, width: number): MapArea => ({
  ...{ top, left },
  ...{ height, width },
});

/** Anchors a pixel, and maps by their shapes with their areas. */
const CASES: [string, number, [number[], MapArea[]][]][] = [
  ["one whole map", 3, [[[2, 5, 7, 16], [area(0, 0, 5, 7)]]]],
  ["a whole map and a canvas of four levels", 3, [
    [[2, 16, 24, 16], [area(0, 0, 16, 24)]],
    [[2, 8, 19, 16], [area(0, 0, 8, 12), area(0, 13, 4, 6), area(5, 13, 2, 3), area(7, 18, 1, 1)]],
  ]],
  ["one anchor a pixel", 1, [[[3, 3, 4, 8], [area(1, 1, 2, 2), area(0, 0, 1, 4)]]]],
  ["more anchors than a vector of logits", 5, [[[1, 4, 3, 28], [area(0, 1, 4, 2)]]]],
  ["an area without pixels", 2, [[[1, 2, 2, 12], [area(0, 0, 0, 2), area(1, 0, 1, 2)]]]],
  ["no images", 3, [[[0, 2, 2, 16], [area(0, 0, 2, 2)]]]],
];

for (const [name, anchors, maps] of CASES) {
  checkOp({
    name: `concatLevels of ${name}`,
    inputs: Object.fromEntries(maps.map(([shape], i) => [`m${i}`, floats(shape, { seed: i + 1 })])),
    run: (inputs) => {
      const given = maps.map(([, areas], i) => ({ map: inputs[`m${i}`]!, areas }));
      const { logits, deltas } = concatLevels(given, { anchors });
      return [logits, deltas];
    },
    gradients: maps.map((_, i) => `m${i}`),
  });
}

onDevices("concatLevels keeps images apart and levels in order", async (device) => {
  // Of one anchor: four deltas, a logit, three numbers that are no prediction.
  const pixel = (n: number) => [n + 0.1, n + 0.2, n + 0.3, n + 0.4, n, 99, 99, 99];
  const numbers = (pixels: number[]) => new Float32Array(pixels.flatMap(pixel));
  const { logits, deltas } = scope(() => {
    const a = fromArray(device, [2, 1, 2, 8], numbers([1, 2, 11, 12]));
    const b = fromArray(device, [2, 1, 3, 8], numbers([3, -1, 4, 13, -1, 14]));
    const { logits, deltas } = concatLevels([
      { map: a, areas: [area(0, 0, 1, 2)] },
      { map: b, areas: [area(0, 2, 1, 1), area(0, 0, 1, 1)] },
    ], { anchors: 1 });
    return { logits, deltas };
  });
  const order = [1, 2, 4, 3, 11, 12, 14, 13];
  assert.deepEqual(logits.shape, [2, 4]);
  assert.deepEqual([...await logits.readFloats()], order);
  assert.deepEqual(deltas.shape, [2, 4, 4]);
  const expected = Float32Array.from(order.flatMap((n) => pixel(n).slice(0, 4)));
  assert.deepEqual(await deltas.readFloats(), expected);
  logits.release();
  deltas.release();
});

Deno.test("a head has channels for deltas, logits and what fills the last vector", () => {
  assert.deepEqual([1, 3, 4, 5, 9].map(headChannels), [8, 16, 20, 28, 48]);
});

Deno.test("concatLevels refuses maps that do not fit", () => {
  scope(() => {
    const map = (...shape: number[]): Tensor =>
      fromArray(reference, shape, new Float32Array(shape.reduce((a, b) => a * b, 1)));
    const areas = [area(0, 0, 1, 1)];
    const anchors = 3;
    assert.throws(() => concatLevels([], { anchors }), /no levels/);
    assert.throws(
      () => concatLevels([{ map: map(1, 1, 1, 15), areas }], { anchors }),
      /1×1×1×15 as it must be \[1, H, W, 16\]/,
    );
    const two = [{ map: map(1, 1, 1, 16), areas }, { map: map(2, 1, 1, 16), areas }];
    assert.throws(() => concatLevels(two, { anchors }), /2×1×1×16 as it must be \[1, H, W, 16\]/);
    const five = { map: map(1, 1, 1, 16), areas: Array(5).fill(areas[0]) };
    assert.throws(() => concatLevels([five], { anchors }), /5 levels of a map as it may have 4/);
    const beyond = { map: map(1, 2, 2, 16), areas: [area(1, 0, 2, 1)] };
    assert.throws(
      () => concatLevels([beyond], { anchors }),
      /row 1, column 0 of 2×1 pixels .* 2×2/,
    );
  });
});
