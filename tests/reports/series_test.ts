import assert from "node:assert/strict";
import { sample, smooth, steps, thin } from "../../reports/series.ts";

const LONG = Array.from({ length: 10_000 }, (_, i) => i);

Deno.test("thin() keeps few points, and every spike", () => {
  const y = LONG.map((i) => i === 4321 ? 99 : i === 7000 ? -99 : Math.sin(i));
  const thinned = thin({ x: LONG, y });
  assert.ok(thinned.x.length <= 800 && thinned.x.length > 700, String(thinned.x.length));
  assert.equal(thinned.y[thinned.x.indexOf(4321)], 99);
  assert.equal(thinned.y[thinned.x.indexOf(7000)], -99);
  assert.deepEqual(thinned.x, thinned.x.toSorted((a, b) => a - b));
});

Deno.test("thin(), sample() and smooth() leave out what is not finite", () => {
  const points = { x: [1, 2, 3], y: [4, NaN, 6] };
  assert.deepEqual(thin(points), { x: [1, 3], y: [4, 6] });
  assert.deepEqual(sample(points), { x: [1, 3], y: [4, 6] });
  assert.deepEqual(smooth(points), { x: [1, 2, 3], y: [4, 5, 6] });
  assert.deepEqual(smooth({ x: [1], y: [NaN] }), { x: [], y: [] });
  assert.deepEqual(smooth({ x: [], y: [] }), { x: [], y: [] });
});

Deno.test("sample() takes points evenly", () => {
  const { x } = sample({ x: LONG, y: LONG });
  assert.ok(x.length <= 800);
  assert.deepEqual(x.slice(0, 3), [0, 13, 26]);
});

Deno.test("smooth() is the centred mean, and ends at the last point", () => {
  const { x, y } = smooth({ x: LONG, y: LONG });
  const middle = x.findIndex((v) => v >= 5000);
  assert.equal(y[middle], x[middle]);
  assert.equal(x.at(-1), 9999);
});

Deno.test("steps() keeps first point, changes and last point", () => {
  const y = [0.4, 0.4, 0.4, 0.5, 0.5, 0.4, 0.4, 0.4];
  assert.deepEqual(steps({ x: [1, 2, 3, 4, 5, 6, 7, 8], y }), {
    x: [1, 4, 6, 8],
    y: [0.4, 0.5, 0.4, 0.4],
  });
});
