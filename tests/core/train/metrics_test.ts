import assert from "node:assert/strict";
import { METRIC_NAMES, parseMetrics } from "../../../core/train/metrics.ts";
import { DataError } from "../../../core/runtime/errors.ts";

function line(iteration: number, change: object = {}): string {
  const numbers = Object.fromEntries(METRIC_NAMES.map((name, i) => [name, i + 0.5]));
  return JSON.stringify({ ...numbers, iteration, image_ids: [7, 9], ...change });
}

function losses(text: string): [number, number][] {
  return parseMetrics(text).map((m) => [m.iteration, m.loss]);
}

Deno.test("parseMetrics() reads every field of a line", () => {
  const [row] = parseMetrics(line(3) + "\n");
  assert.deepEqual(row, JSON.parse(line(3)));
});

Deno.test("parseMetrics() keeps the later of two lines of one iteration, in order", () => {
  const text = [
    line(1, { loss: 9 }),
    line(2, { loss: 8 }),
    line(3, { loss: 7 }),
    line(2, { loss: 5 }),
  ];
  assert.deepEqual(losses(text.join("\n") + "\n"), [[1, 9], [2, 5], [3, 7]]);
});

Deno.test("parseMetrics() leaves out a torn last line, and one that a resumed run wrote behind", () => {
  const torn = line(2, { loss: 8 }).slice(0, 40);
  assert.deepEqual(losses(`${line(1, { loss: 9 })}\n${torn}`), [[1, 9]]);
  const glued = `${line(1, { loss: 9 })}\n${torn}${line(2, { loss: 7 })}\n${
    line(3, { loss: 6 })
  }\n`;
  assert.deepEqual(losses(glued), [[1, 9], [2, 7], [3, 6]]);
  assert.deepEqual(losses(glued.replace(torn, torn + "\n")), [[1, 9], [2, 7], [3, 6]]);
  assert.deepEqual(parseMetrics(""), []);
});

Deno.test("parseMetrics() gives NaN for null and for what is missing", () => {
  const [row] = parseMetrics('{"iteration":1,"loss":null}\n');
  assert.ok(row);
  assert.ok(Number.isNaN(row.loss) && Number.isNaN(row.rcnn_iou));
  assert.deepEqual(row.image_ids, []);
});

Deno.test("parseMetrics() names a line in the middle that is something else", () => {
  assert.throws(
    () => parseMetrics(`${line(1)}\n[1, 2]\n${line(2)}\n`),
    (error) => error instanceof DataError && /^Line 2 .*\[1, 2\]/.test(error.message),
  );
});

const histogram = { edges: [0, 0.5, 1], counts: [3, 4] };
const distributions = {
  iou: histogram,
  error: { dx: histogram, dy: histogram, dw: histogram, dh: histogram },
};

Deno.test("parseMetrics() reads distributions where a line has them", () => {
  const [with_, without] = parseMetrics(`${line(1, { distributions })}\n${line(2)}\n`);
  assert.deepEqual(with_?.distributions, distributions);
  assert.ok(without && !("distributions" in without));
});

for (
  const [what, broken] of [
    ["null", null],
    ["a list", [1]],
    ["without errors", { iou: histogram }],
    ["with an edge too few", { ...distributions, iou: { edges: [0, 1], counts: [1, 2] } }],
    ["with null counts", { ...distributions, iou: { edges: [0, 1, 2], counts: [1, null] } }],
  ] as const
) {
  Deno.test(`parseMetrics() leaves out distributions that are ${what}`, () => {
    const [row] = parseMetrics(line(1, { distributions: broken }) + "\n");
    assert.ok(row && row.loss === 1.5 && !("distributions" in row));
  });
}
