/** A run tells of its first step before it measures kernel variants, which takes seconds. */
import assert from "node:assert/strict";
import { CpuDevice } from "../../../core/runtime/cpu/device.ts";
import { resolveRunConfig } from "../../../core/train/config_overrides.ts";
import { openTrainingSet } from "../../../core/train/datasets.ts";
import { Trainer } from "../../../core/train/trainer.ts";
import tiny from "../../fixtures/tiny/config.ts";
import { withTinyRun } from "../../_support/tiny_run.ts";

/** Where criteria change, steps are waited for too. */
const NEVER_UPDATE = "MODEL.DYNAMIC_RCNN.ITERATION_COUNT=100";

/** Counts what was told when variants are measured. */
class WatchedDevice extends CpuDevice {
  readonly told: number[] = [];
  readonly measured: number[] = [];

  override measurePending(): Promise<void> {
    this.measured.push(this.told.length);
    return Promise.resolve();
  }
}

Deno.test("the first step is told before variants are measured; later ones while the next is launched", () =>
  withTinyRun(async ({ data, folder }) => {
    const device = new WatchedDevice();
    const sets = [...data.sets, "SOLVER.MAX_ITER=4", "SOLVER.STEPS=[]", NEVER_UPDATE];
    const { config } = resolveRunConfig(tiny, sets);
    const trainer = new Trainer({ config, device, folder }, {
      metrics: ({ iteration }) => device.told.push(iteration),
      log: () => {},
    });
    try {
      await trainer.run(await openTrainingSet(config), () => undefined);
    } finally {
      trainer.close();
    }
    assert.deepEqual(device.told, [1, 2, 3, 4]);
    assert.deepEqual(device.measured, [1, 1, 2, 4]);
  }));
