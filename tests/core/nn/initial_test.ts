import assert from "node:assert/strict";
import { constant, kaimingUniform, normal, streamOf } from "../../../core/nn/initial.ts";

/** Mean, deviation and extremes. */
function summary(
  data: Float32Array,
): { mean: number; deviation: number; min: number; max: number } {
  const mean = data.reduce((sum, x) => sum + x, 0) / data.length;
  const variance = data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / data.length;
  return { mean, deviation: Math.sqrt(variance), min: Math.min(...data), max: Math.max(...data) };
}

Deno.test("streamOf() is a function of seed and name alone", () => {
  const take = (seed: number, name: string) => {
    const next = streamOf(seed, name);
    return Array.from({ length: 5 }, next);
  };
  assert.deepEqual(take(7, "fc6.weight"), take(7, "fc6.weight"));
  assert.notDeepEqual(take(7, "fc6.weight"), take(8, "fc6.weight"));
  assert.notDeepEqual(take(7, "fc6.weight"), take(7, "fc7.weight"));
  assert.notDeepEqual(take(7, "a.b"), take(7, "b.a"));
});

Deno.test("streamOf() is uniform in [0, 1)", () => {
  const next = streamOf(1, "a name");
  const tenths = new Array<number>(10).fill(0);
  for (let i = 0; i < 10_000; i++) {
    const value = next();
    assert.ok(value >= 0 && value < 1, `${value}`);
    tenths[Math.floor(value * 10)]! += 1;
  }
  // 1000 each; the standard deviation is 30.
  for (const count of tenths) assert.ok(Math.abs(count - 1000) < 150, `${tenths}`);
});

Deno.test("constant() fills the shape", () => {
  assert.deepEqual([...constant(0.5)([2, 2], Math.random)], [0.5, 0.5, 0.5, 0.5]);
  assert.equal(constant(1)([0], Math.random).length, 0);
});

Deno.test("normal() has mean 0 and the deviation asked for", () => {
  const { mean, deviation, max } = summary(normal(0.01)([100, 100], streamOf(3, "w")));
  assert.ok(Math.abs(mean) < 5e-4, `mean ${mean}`);
  assert.ok(Math.abs(deviation - 0.01) < 3e-4, `deviation ${deviation}`);
  assert.ok(max > 0.025, `no tail: ${max}`);
});

Deno.test("normal() is finite where the uniform numbers are 0", () => {
  assert.ok(normal(1)([3], () => 0).every(Number.isFinite));
});

Deno.test("kaimingUniform() is uniform within √(3 / fan-in), of all extents but the first", () => {
  // Fan-in 3·5·5 = 75: bound 0.2, deviation 0.2 / √3.
  const { mean, deviation, min, max } = summary(kaimingUniform()([128, 3, 5, 5], streamOf(3, "w")));
  const bound = Math.fround(0.2);
  assert.ok(min >= -bound && min < -0.199, `${min}`);
  assert.ok(max <= bound && max > 0.199, `${max}`);
  assert.ok(Math.abs(mean) < 0.005, `mean ${mean}`);
  assert.ok(Math.abs(deviation - 0.2 / Math.sqrt(3)) < 0.003, `deviation ${deviation}`);
});

Deno.test("kaimingUniform() of a linear layer takes its inputs as fan-in", () => {
  const data = kaimingUniform()([2, 12], () => 0);
  assert.ok(data.every((value) => value === -0.5), `${data}`);
});
