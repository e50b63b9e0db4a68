import assert from "node:assert/strict";
import { DynamicSchedule, type DynamicState } from "../../../core/detection/dynamic_schedule.ts";
import type { DynamicOptions } from "../../../core/detection/options.ts";

const OPTIONS: DynamicOptions = {
  KI: 75,
  KE: 10,
  ITERATION_COUNT: 4,
  WARMUP_IOU: 0.4,
  WARMUP_BETA: 1,
  DLA: true,
  DSL: true,
  MIN_BETA: 0.01,
  STATISTICS: "original",
};
const FIXED = { FG_IOU_THRESHOLD: 0.5, BG_IOU_THRESHOLD: 0.1, SMOOTH_L1_BETA: 1 / 9 };

function schedule(changes: Partial<DynamicOptions> = {}): DynamicSchedule {
  return new DynamicSchedule({ ...OPTIONS, ...changes }, FIXED);
}

/** Observes pairs of (IoU, error) as iterations from `first` on, each of them ended. */
function run(
  dynamic: DynamicSchedule,
  statistics: readonly (readonly [number, number])[],
  first = 1,
): void {
  statistics.forEach(([iou, error], i) => {
    dynamic.observe({ iou, error });
    dynamic.endIteration(first + i);
  });
}

Deno.test("before the first update the criteria are those of the warm-up", () => {
  const dynamic = schedule();
  assert.deepEqual([dynamic.iou, dynamic.beta], [0.4, 1]);
  run(dynamic, [[0.9, 0.1], [0.9, 0.1], [0.9, 0.1]]);
  assert.deepEqual([dynamic.iou, dynamic.beta], [0.4, 1]);
});

Deno.test("every ITERATION_COUNT-th iteration sets the mean IoU and the upper median error", () => {
  const dynamic = schedule();
  // Mean (0.5 + 0.75 + 0.5 + 0.625) / 4; sorted errors 0.1 0.2 0.3 0.8, of which index 2.
  run(dynamic, [[0.5, 0.8], [0.75, 0.1], [0.5, 0.3], [0.625, 0.2]]);
  assert.deepEqual([dynamic.iou, dynamic.beta], [0.59375, 0.3]);
});

Deno.test("errors are sorted as numbers", () => {
  const dynamic = schedule({ WARMUP_BETA: 100 });
  run(dynamic, [[0.5, 9], [0.5, 10], [0.5, 1e-7], [0.5, 20]]);
  assert.equal(dynamic.beta, 10);
});

Deno.test("an update takes only the statistics since the last one, and can lower the threshold", () => {
  const dynamic = schedule();
  run(dynamic, [[0.75, 0.25], [0.75, 0.25], [0.75, 0.25], [0.75, 0.25]]);
  assert.deepEqual([dynamic.iou, dynamic.beta], [0.75, 0.25]);
  run(dynamic, [[0.5, 0.5], [0.5, 0.5], [0.5, 0.5], [0.5, 0.5]], 5);
  assert.deepEqual([dynamic.iou, dynamic.beta], [0.5, 0.5]);
});

Deno.test("the threshold is at least WARMUP_IOU, beta at most WARMUP_BETA", () => {
  const dynamic = schedule();
  run(dynamic, [[0.1, 3], [0.2, 4], [0.1, 5], [0.2, 6]]);
  assert.deepEqual([dynamic.iou, dynamic.beta], [0.4, 1]);
});

Deno.test("beta is at least MIN_BETA, where ground truth makes the errors 0", () => {
  const dynamic = schedule();
  run(dynamic, [[0.9, 0], [0.9, 0], [0.9, 0], [0.9, 0.5]]);
  assert.equal(dynamic.beta, 0.01);
});

Deno.test("skipped iterations count for when, not for what: the mean is over what was observed", () => {
  const dynamic = schedule();
  dynamic.observe({ iou: 0.5, error: 0.4 });
  dynamic.endIteration(1);
  dynamic.endIteration(2);
  dynamic.observe({ iou: 0.75, error: 0.2 });
  dynamic.endIteration(3);
  dynamic.endIteration(4);
  // Two errors: the upper median is the larger.
  assert.deepEqual([dynamic.iou, dynamic.beta], [0.625, 0.4]);
});

Deno.test("a period without statistics leaves the criteria alone", () => {
  const dynamic = schedule();
  run(dynamic, [[0.75, 0.25], [0.75, 0.25], [0.75, 0.25], [0.75, 0.25]]);
  dynamic.endIteration(8);
  assert.deepEqual([dynamic.iou, dynamic.beta], [0.75, 0.25]);
});

Deno.test("updatesAfter() is true of multiples of ITERATION_COUNT alone", () => {
  const dynamic = schedule({ ITERATION_COUNT: 3 });
  const found = Array.from({ length: 9 }, (_, i) => i + 1).filter((i) => dynamic.updatesAfter(i));
  assert.deepEqual(found, [3, 6, 9]);
});

Deno.test("with ITERATION_COUNT 1 every iteration updates", () => {
  const dynamic = schedule({ ITERATION_COUNT: 1 });
  run(dynamic, [[0.625, 0.5]]);
  assert.deepEqual([dynamic.iou, dynamic.beta], [0.625, 0.5]);
});

Deno.test("without DLA the thresholds are the fixed ones, and beta still follows", () => {
  const dynamic = schedule({ DLA: false });
  assert.deepEqual([dynamic.iou, dynamic.low], [0.5, 0.1]);
  run(dynamic, [[0.9, 0.25], [0.9, 0.25], [0.9, 0.25], [0.9, 0.25]]);
  assert.deepEqual([dynamic.iou, dynamic.low, dynamic.beta], [0.5, 0.1, 0.25]);
});

Deno.test("the dynamic threshold is that of the background too, as in the original", () => {
  const dynamic = schedule();
  assert.equal(dynamic.low, 0.4);
  run(dynamic, [[0.75, 0.25], [0.75, 0.25], [0.75, 0.25], [0.75, 0.25]]);
  assert.deepEqual([dynamic.iou, dynamic.low], [0.75, 0.75]);
});

Deno.test("without DSL beta is the fixed one, even where the warm-up's is not, and the threshold still follows", () => {
  const dynamic = schedule({ DSL: false, WARMUP_BETA: 0.5 });
  assert.equal(dynamic.beta, 1 / 9);
  run(dynamic, [[0.75, 0.25], [0.75, 0.25], [0.75, 0.25], [0.75, 0.25]]);
  assert.deepEqual([dynamic.iou, dynamic.beta], [0.75, 1 / 9]);
});

Deno.test("with MMDetection's statistics beta is the mean of the middle two, or stays next to 0", () => {
  const dynamic = schedule({ STATISTICS: "mmdetection", MIN_BETA: 1e-15 });
  run(dynamic, [[0.5, 0.4], [0.5, 0.1], [0.5, 0.2], [0.5, 0.8]]);
  assert.ok(Math.abs(dynamic.beta - 0.3) < 1e-12);
  run(dynamic, [[0.5, 0], [0.5, 0], [0.5, 0], [0.75, 0.8]], 5);
  assert.ok(Math.abs(dynamic.beta - 0.3) < 1e-12);
  assert.equal(dynamic.iou, 0.5625);
});

Deno.test("a schedule restored in the middle of a period goes on as the unbroken one", () => {
  const statistics = [
    [0.5, 0.8],
    [0.75, 0.1],
    [0.5, 0.3],
    [0.625, 0.2],
    [0.875, 0.05],
    [
      0.9375,
      0.15,
    ],
    [0.8125, 0.1],
    [0.875, 0.2],
  ] as const;
  const unbroken = schedule();
  run(unbroken, statistics);
  const killed = schedule();
  run(killed, statistics.slice(0, 6));
  const saved: DynamicState = JSON.parse(JSON.stringify(killed.state()));
  const resumed = schedule();
  resumed.restore(saved);
  assert.deepEqual([resumed.iou, resumed.beta], [0.59375, 0.3]);
  run(resumed, statistics.slice(6), 7);
  assert.deepEqual(resumed.state(), unbroken.state());
  assert.deepEqual([resumed.iou, resumed.beta], [0.875, 0.15]);
});

Deno.test("a state is a copy: what happens later does not change it, nor it a schedule", () => {
  const dynamic = schedule();
  dynamic.observe({ iou: 0.5, error: 0.5 });
  const saved = dynamic.state();
  dynamic.observe({ iou: 0.75, error: 0.25 });
  assert.deepEqual(saved, { iou: 0.4, beta: 1, ious: [0.5], errors: [0.5] });
  const resumed = schedule();
  resumed.restore(saved);
  resumed.observe({ iou: 1, error: 1 });
  assert.deepEqual(saved.ious, [0.5]);
});
