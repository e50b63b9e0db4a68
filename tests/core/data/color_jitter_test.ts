import assert from "node:assert/strict";
import { applyJitter, drawJitter, type JitterStep } from "../../../core/data/color_jitter.ts";
import fixture from "./_fixtures/color_jitter.json" with { type: "json" };

Deno.test("applyJitter() equals Pillow byte for byte", () => {
  const { width, height } = fixture;
  const image = { width, height, pixels: Uint8Array.from(fixture.pixels) };
  for (const { steps, pixels } of fixture.cases) {
    const got = applyJitter(image, steps as JitterStep[]);
    assert.deepEqual(Array.from(got), pixels, JSON.stringify(steps));
  }
  assert.deepEqual(Array.from(image.pixels), fixture.pixels, "the image itself stays as it is");
});

Deno.test("drawJitter() draws within the ranges, in every order, and nothing for 0", () => {
  const ranges = { brightness: 0.2, contrast: 0, saturation: 1.5, hue: 0.1 };
  const orders = new Set<string>();
  for (let i = 0; i < 200; i++) {
    const steps = drawJitter(ranges, [4, i]);
    orders.add(steps.map((step) => step.property).join());
    for (const { property, amount } of steps) {
      const [low, high] = { brightness: [0.8, 1.2], saturation: [0, 2.5], hue: [-0.1, 0.1] }[
        property as "brightness" | "saturation" | "hue"
      ] as [number, number];
      assert.ok(amount >= low && amount <= high, `${property} ${amount}`);
    }
  }
  assert.equal(orders.size, 6);
  assert.deepEqual(drawJitter({ brightness: 0, contrast: 0, saturation: 0, hue: 0 }, [1]), []);
});
