import assert from "node:assert/strict";
import { compare, spreadOf, tailsBeyond, tQuantile } from "../../reports/statistics.ts";

function near(actual: number | undefined, expected: number, tolerance: number): void {
  assert.ok(
    actual !== undefined && Math.abs(actual - expected) <= tolerance,
    `${actual}, expected ${expected}`,
  );
}

Deno.test("tQuantile() equals the printed tables of Student's t", () => {
  const table = [[1, 12.7062], [2, 4.30265], [3, 3.18245], [5, 2.57058], [10, 2.22814]] as const;
  for (const [freedom, t] of table) near(tQuantile(0.95, freedom), t, 1e-4);
  near(tQuantile(0.99, 4), 4.60409, 1e-4);
  near(tQuantile(0.95, 1e6), 1.95997, 1e-4);
});

Deno.test("tailsBeyond() equals the closed forms of 1 and 2 degrees of freedom", () => {
  for (const t of [0, 0.3, 1, 2.5, 40]) {
    near(tailsBeyond(t, 1), 1 - 2 * Math.atan(t) / Math.PI, 1e-12);
    near(tailsBeyond(-t, 2), 1 - t / Math.sqrt(2 + t * t), 1e-12);
  }
});

Deno.test("spreadOf() has the sample standard deviation, and none of one value", () => {
  assert.deepEqual(spreadOf([1, 3]), { n: 2, mean: 2, deviation: Math.SQRT2 });
  assert.deepEqual(spreadOf([5]), { n: 1, mean: 5, deviation: undefined });
});

function seeded(...values: number[]) {
  return values.map((value, i) => ({ seed: i + 1, value }));
}

Deno.test("compare() pairs by seed, whatever the order", () => {
  const a = seeded(1, 2, 3);
  const b = seeded(1.5, 2.6, 3.7).reverse();
  const result = compare(a, b);
  assert.equal(result.paired, true);
  assert.equal(result.n, 3);
  near(result.mean, 0.6, 1e-12);
  near(result.deviation, 0.1, 1e-12);
  // 0.6 ± 4.30265 · 0.1/√3; t = 6√3, 2 degrees of freedom.
  near(result.interval?.[0], 0.6 - 4.30265 * 0.1 / Math.sqrt(3), 1e-5);
  const t = 6 * Math.sqrt(3);
  near(result.p, 1 - t / Math.sqrt(2 + t * t), 1e-9);
});

Deno.test("compare() takes Welch's test where seeds do not pair", () => {
  const a = [{ seed: 1, value: 1 }, { seed: 2, value: 3 }];
  const b = [{ seed: 8, value: 4 }, { seed: undefined, value: 6 }];
  const result = compare(a, b);
  assert.equal(result.paired, false);
  // Both variances 2, so the error is √2 and there are 2 degrees of freedom: t = 3/√2.
  near(result.mean, 3, 1e-12);
  near(result.p, 1 - (3 / Math.SQRT2) / Math.sqrt(2 + 4.5), 1e-9);
});

Deno.test("compare() knows no noise from one seed", () => {
  const result = compare(seeded(1), seeded(1.5));
  assert.equal(result.mean, 0.5);
  assert.equal(result.interval, undefined);
  assert.equal(result.p, undefined);
  assert.equal(compare(seeded(1), seeded(1, 2, 3)).p, undefined);
});

Deno.test("compare() of equal values finds no difference", () => {
  const same = compare(seeded(1, 1), seeded(1, 1));
  assert.equal(same.p, 1);
  assert.deepEqual(same.interval, [0, 0]);
});
