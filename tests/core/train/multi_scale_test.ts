import assert from "node:assert/strict";
import { join } from "node:path";
import { applyOverrides } from "../../../core/train/config.ts";
import { openTrainingSet, trainingLoader } from "../../../core/train/datasets.ts";
import tiny from "../../fixtures/tiny/config.ts";
import { makeTinyData } from "../../_support/tiny_data.ts";

Deno.test("with several sizes every image of a batch draws its own", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { sets } = await makeTinyData(join(folder, "data"), 4);
    const config = applyOverrides(tiny, [
      ...sets,
      "INPUT.MIN_SIZE_TRAIN=[32,48,64,96]",
      "INPUT.MAX_SIZE_TRAIN=96",
    ]);
    const loader = trainingLoader(await openTrainingSet(config), config, {
      firstIteration: 1,
      lastIteration: 30,
    });
    const seen = new Map<number, number>();
    let mixed = 0;
    for await (const { images, paddedWidth, paddedHeight } of loader) {
      const sides = images.map(({ resizedWidth }) => resizedWidth);
      for (const side of sides) seen.set(side, (seen.get(side) ?? 0) + 1);
      if (new Set(sides).size > 1) mixed++;
      const longest = Math.ceil(Math.max(...sides) / 32) * 32;
      assert.deepEqual([paddedWidth, paddedHeight], [longest, longest]);
    }
    assert.deepEqual([...seen.keys()].sort((a, b) => a - b), [32, 48, 64, 96]);
    // Three of four pairs differ where each is drawn for itself, none where a batch draws once.
    assert.ok(mixed > 12, `${mixed} of 30 batches hold two sizes`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
