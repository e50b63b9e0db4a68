import assert from "node:assert/strict";
import { asyncScope, noGrad } from "../../../core/runtime/mod.ts";
import { onDevices } from "../../_support/devices.ts";
import { goldenBatch, goldenModel, loadGolden } from "../../_support/golden.ts";

onDevices("proposals between the head's two thresholds are sampled as neither", async (device) => {
  const golden = loadGolden("frozen");
  const model = goldenModel(golden, device);
  try {
    const sampled = (low?: number) =>
      asyncScope(async () => {
        const { counts } = noGrad(() =>
          model.losses({
            ...goldenBatch(golden, device),
            criteria: { ...golden.index.criteria, low },
            sampling: { mode: "first", seed: 1, iteration: 1 },
          })
        );
        return [...await counts.rcnn.readInts()];
      });
    const { iou } = golden.index.criteria;
    const one = golden.index.counts.rcnn.flat();
    assert.deepEqual(await sampled(), one);
    assert.deepEqual(await sampled(iou), one);
    // No IoU is below 0: the positives stay, and there is no background.
    assert.deepEqual(await sampled(0), one.map((count, i) => i % 2 === 0 ? count : 0));
  } finally {
    model.close();
  }
});
