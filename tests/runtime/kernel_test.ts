import assert from "node:assert/strict";
import { alignedView, gridFor, MAX_GROUPS, splitRange } from "../../core/runtime/kernel.ts";
import { random } from "../_support/random.ts";

const context = { maxBindingBytes: 2048, offsetAlignment: 64, maxBindings: 8, isSoftware: true };

Deno.test("gridFor() covers every count once it is folded, with few idle rows", () => {
  for (
    const count of [
      0,
      1,
      63,
      64,
      65,
      MAX_GROUPS * 64,
      MAX_GROUPS * 64 + 1,
      2 * MAX_GROUPS * 64,
      2 * MAX_GROUPS * 64 + 1,
    ]
  ) {
    const { grid: [x, y, z], rowLength } = gridFor(count, 64);
    assert.ok(x <= MAX_GROUPS && y <= MAX_GROUPS && z === 1);
    assert.equal(rowLength, x * 64);
    assert.ok(rowLength * y >= count, `${count} in ${x}×${y}`);
    assert.ok(rowLength * (y - 1) < Math.max(1, count), `${count} in ${x}×${y}`);
  }
});

Deno.test("gridFor() skips a dispatch of nothing", () => {
  assert.deepEqual(gridFor(0, 64), { grid: [0, 0, 1], rowLength: 0 });
});

Deno.test("alignedView() widens to the alignment and says where the elements begin", () => {
  assert.deepEqual(alignedView(0, 10, context), { view: { start: 0, end: 10 }, base: 0 });
  assert.deepEqual(alignedView(64, 70, context), { view: { start: 64, end: 70 }, base: 0 });
  assert.deepEqual(alignedView(130, 140, context), { view: { start: 128, end: 140 }, base: 2 });
});

Deno.test("splitRange() gives parts in order whose aligned views fit a binding and cut no unit", () => {
  const next = random(5);
  for (let i = 0; i < 300; i++) {
    const unit = 1 + next.integer(448); // 512 elements a binding, less the alignment
    const size = unit * next.integer(40);
    let end = 0;
    for (const part of splitRange(size, unit, context)) {
      assert.equal(part.start, end);
      assert.ok(part.end > part.start);
      assert.equal((part.end - part.start) % unit, 0);
      const { view } = alignedView(part.start, part.end, context);
      assert.ok((view.end - view.start) * 4 <= context.maxBindingBytes, `${size} by ${unit}`);
      end = part.end;
    }
    assert.equal(end, size);
  }
});

Deno.test("splitRange() keeps what fits whole, and is empty for nothing", () => {
  assert.deepEqual(splitRange(0, 7, context), []);
  assert.deepEqual(splitRange(400, 100, context), [{ start: 0, end: 400 }]);
  const unlimited = { ...context, maxBindingBytes: Infinity };
  assert.deepEqual(splitRange(1e9, 1, unlimited), [{ start: 0, end: 1e9 }]);
});

Deno.test("splitRange() leaves a unit above the limit whole, for the launch to refuse by name", () => {
  assert.deepEqual(splitRange(2000, 1000, context), [
    { start: 0, end: 1000 },
    { start: 1000, end: 2000 },
  ]);
});
