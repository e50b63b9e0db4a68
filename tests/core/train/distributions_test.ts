/** Distributions in a run's metrics: when, and that training is the same with them and without. */
import assert from "node:assert/strict";
import { isMoment } from "../../../core/train/distributions.ts";
import type { IterationMetrics } from "../../../core/train/metrics.ts";
import { readWeights } from "../../../core/train/weights/read_weights.ts";
import { runCommand, setArguments } from "../../_support/command.ts";
import { HAS_WEBGPU } from "../../_support/devices.ts";
import { withTinyRun } from "../../_support/tiny_run.ts";

function momentsOf(moments: number, total: number): number[] {
  return Array.from({ length: total }, (_, i) => i + 1)
    .filter((iteration) => isMoment(iteration, { moments, total }));
}

Deno.test("isMoment() spreads moments evenly and ends with the last iteration", () => {
  const found = momentsOf(20, 3000);
  assert.deepEqual(found, Array.from({ length: 20 }, (_, i) => (i + 1) * 150));
  assert.deepEqual(momentsOf(3, 10), [4, 7, 10]);
  assert.deepEqual(momentsOf(0, 10), []);
  assert.deepEqual(momentsOf(20, 3), [1, 2, 3]);
});

function withoutTimes(metrics: IterationMetrics) {
  const { time: _t, data_time: _d, memory: _m, distributions: _, ...learned } = metrics;
  return learned;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

Deno.test("a run that counts distributions learns bit for bit what one without learns", async () => {
  await withTinyRun(async (run) => {
    const rows: IterationMetrics[][] = [];
    const weights: Uint8Array[] = [];
    for (const moments of [0, 2]) {
      const sets = ["SOLVER.MAX_ITER=4", "SOLVER.STEPS=[]", `METRICS.DISTRIBUTIONS=${moments}`];
      const { code, stderr } = await run.run("train", "--fresh", ...setArguments(sets));
      assert.equal(code, 0, stderr);
      rows.push(await run.metrics());
      const { tensors } = await readWeights(run.folder.lastCheckpoint);
      weights.push(
        ...[...tensors.values()].map(({ data }) =>
          new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
        ),
      );
    }
    const [without = [], counted = []] = rows;
    assert.deepEqual(counted.map(withoutTimes), without.map(withoutTimes));
    assert.ok(weights.length > 20);
    const half = weights.length / 2;
    for (let i = 0; i < half; i++) assert.deepEqual(weights[i], weights[half + i]);
    assert.ok(without.every((row) => !("distributions" in row)));
    const at = counted.filter((row) => row.distributions).map(({ iteration }) => iteration);
    assert.deepEqual(at, [2, 4]);
  });
});

for (const device of ["cpu", "webgpu"]) {
  const isMissing = device === "webgpu" && !HAS_WEBGPU;
  Deno.test({
    name: `as many errors as proposals above the threshold (${device}${
      isMissing ? ", not here: no adapter" : ""
    })`,
    ignore: isMissing,
    fn: () =>
      withTinyRun(async (run) => {
        const sets = ["SOLVER.MAX_ITER=2", "SOLVER.STEPS=[]", "METRICS.DISTRIBUTIONS=2"];
        const line = run.arguments("train", setArguments(sets));
        const { code, stderr } = await runCommand(line.map((arg) => arg === "cpu" ? device : arg));
        assert.equal(code, 0, stderr);
        for (const { distributions, rcnn_iou } of await run.metrics()) {
          assert.ok(distributions);
          const { iou, error } = distributions;
          const positives = iou.counts.filter((_, i) => iou.edges[i]! >= rcnn_iou);
          assert.ok(sum(positives) > 0 && sum(positives) < sum(iou.counts));
          for (const { counts } of Object.values(error)) assert.equal(sum(counts), sum(positives));
        }
      }),
  });
}
