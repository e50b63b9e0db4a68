import assert from "node:assert/strict";
import { learningRate, type LrSchedule } from "../../../core/nn/lr_schedule.ts";

const SCHEDULE: LrSchedule = {
  baseLr: 0.02,
  steps: [10, 14],
  gamma: 0.1,
  warmupFactor: 0.25,
  warmupIters: 4,
  warmupMethod: "linear",
};

function rates(schedule: LrSchedule, iterations: readonly number[]): number[] {
  return iterations.map((iteration) => learningRate(schedule, iteration));
}

function assertRates(actual: readonly number[], expected: readonly number[]): void {
  assert.equal(actual.length, expected.length);
  actual.forEach((rate, i) => assert.ok(Math.abs(rate - expected[i]!) < 1e-12, `${actual}`));
}

Deno.test("a linear warm-up starts at its factor and is over after warmupIters iterations", () => {
  // Position 0: 1/4; then 3/16 more for each.
  assertRates(rates(SCHEDULE, [1, 2, 3, 4, 5, 6]), [
    0.005,
    0.02 * 7 / 16,
    0.02 * 10 / 16,
    0.02 * 13 / 16,
    0.02,
    0.02,
  ]);
});

Deno.test("a constant warm-up stays at its factor", () => {
  const schedule: LrSchedule = { ...SCHEDULE, warmupMethod: "constant" };
  assertRates(rates(schedule, [1, 4, 5]), [0.005, 0.005, 0.02]);
});

Deno.test("without warm-up the first iteration has the whole rate", () => {
  assertRates(rates({ ...SCHEDULE, warmupIters: 0 }, [1]), [0.02]);
});

Deno.test("a step at position s acts from iteration s + 1 on, and steps multiply", () => {
  assertRates(rates(SCHEDULE, [10, 11, 14, 15, 1000]), [0.02, 0.002, 0.002, 0.0002, 0.0002]);
});

Deno.test("a step within the warm-up multiplies with it", () => {
  assertRates(rates({ ...SCHEDULE, steps: [2] }, [2, 3]), [0.02 * 7 / 16, 0.002 * 10 / 16]);
});

Deno.test("the original's 1x schedule: 1/3 at the start, 0.02 from 501, drops after 60000 and 80000", () => {
  const schedule: LrSchedule = {
    baseLr: 0.02,
    steps: [60_000, 80_000],
    gamma: 0.1,
    warmupFactor: 1 / 3,
    warmupIters: 500,
    warmupMethod: "linear",
  };
  assertRates(rates(schedule, [1, 251, 501, 60_000, 60_001, 80_001]), [
    0.02 / 3,
    0.02 * 2 / 3,
    0.02,
    0.02,
    0.002,
    0.0002,
  ]);
});
