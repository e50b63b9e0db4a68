import assert from "node:assert/strict";
import { evenly, meanBand, movingMean, sample, steps, thin } from "../../reports/series.ts";

const LONG = Array.from({ length: 10_000 }, (_, i) => i);

Deno.test("thin() keeps few points, and every spike", () => {
  const y = LONG.map((i) => i === 4321 ? 99 : i === 7000 ? -99 : Math.sin(i));
  const thinned = thin({ x: LONG, y });
  assert.ok(thinned.x.length <= 800 && thinned.x.length > 700, String(thinned.x.length));
  assert.equal(thinned.y[thinned.x.indexOf(4321)], 99);
  assert.equal(thinned.y[thinned.x.indexOf(7000)], -99);
  assert.deepEqual(thinned.x, thinned.x.toSorted((a, b) => a - b));
  assert.ok(thin({ x: LONG, y }, 100).x.length <= 100);
});

Deno.test("thin() and sample() leave out what is not finite", () => {
  const points = { x: [1, 2, 3], y: [4, NaN, 6] };
  assert.deepEqual(thin(points), { x: [1, 3], y: [4, 6] });
  assert.deepEqual(sample(points), { x: [1, 3], y: [4, 6] });
});

Deno.test("sample() takes points evenly", () => {
  const { x } = sample({ x: LONG, y: LONG });
  assert.ok(x.length <= 800);
  assert.deepEqual(x.slice(0, 3), [0, 13, 26]);
});

Deno.test("movingMean() is the centred mean, without what is not finite", () => {
  assert.equal(movingMean(LONG)[5000], 5000);
  assert.deepEqual(movingMean([4, NaN, 6]), [4, 5, 6]);
  assert.deepEqual(movingMean([NaN]), [NaN]);
  assert.deepEqual(movingMean([]), []);
});

Deno.test("meanBand() is the mean and the reach of curves, wherever one of them is", () => {
  const curves = [{ x: [1, 2, 3], y: [1, 2, NaN] }, { x: [2, 3, 4], y: [4, 5, 6] }];
  assert.deepEqual(meanBand(curves), {
    x: [1, 2, 3, 4],
    y: [1, 3, 5, 6],
    lower: [1, 2, 5, 6],
    upper: [1, 4, 5, 6],
  });
  const long = meanBand([{ x: LONG, y: LONG }], 100);
  assert.ok(long.x.length <= 101);
  assert.equal(long.x.at(-1), 9999);
  assert.equal(meanBand([{ x: LONG, y: LONG }], Infinity).x.length, 10_000);
});

Deno.test("steps() keeps first point, changes and last point", () => {
  const y = [0.4, 0.4, 0.4, 0.5, 0.5, 0.4, 0.4, 0.4];
  assert.deepEqual(steps({ x: [1, 2, 3, 4, 5, 6, 7, 8], y }), {
    x: [1, 4, 6, 8],
    y: [0.4, 0.5, 0.4, 0.4],
  });
});

Deno.test("evenly() has the first and the last", () => {
  assert.deepEqual(evenly(LONG, 3), [0, 5000, 9999]);
  assert.deepEqual(evenly([1, 2], 5), [1, 2]);
});
