import assert from "node:assert/strict";
import { CpuDevice } from "../../core/runtime/cpu/device.ts";
import { asyncScope, empty, full, keep, scope, type Tensor } from "../../core/runtime/mod.ts";
import { handOver } from "../../core/runtime/scope.ts";

/** Runs `body` with a CPU device of its own, and asserts how many slots are live after it. */
async function leaves(slots: number, body: (device: CpuDevice) => unknown): Promise<void> {
  const device = new CpuDevice();
  await body(device);
  assert.equal(device.memory().liveSlots, slots);
}

Deno.test("scope() frees what was made in it", () =>
  leaves(0, (device) => {
    const lost = scope(() => {
      const tensor = full(device, [3], 1);
      assert.equal(device.memory().liveSlots, 1);
      return tensor.shape;
    });
    assert.deepEqual(lost, [3]);
  }));

Deno.test("scope() lets out what it returns, nested in arrays, maps and plain objects", () =>
  leaves(4, (device) => {
    const result = scope(() => {
      const [a, b, c, d, lost] = Array.from({ length: 5 }, () => empty(device, [2]));
      return { list: [a!, [b!]], map: new Map([["c", { d: d! }]]), c: c!, lost: lost!.size };
    });
    assert.ok(!result.c.isFreed && !result.map.get("c")!.d.isFreed);
  }));

Deno.test("what a nested scope returns is freed by the outer one unless returned again", () =>
  leaves(1, (device) => {
    let inner: Tensor | undefined;
    const outer = scope(() => {
      const [first, second] = scope(() => [empty(device, [1]), empty(device, [1])]);
      inner = second;
      assert.equal(device.memory().liveSlots, 2);
      return first!;
    });
    assert.ok(!outer.isFreed);
    assert.ok(inner?.isFreed);
  }));

Deno.test("scope() frees on exceptions, and the scopes around it go on", () =>
  leaves(1, (device) => {
    scope(() => {
      assert.throws(() =>
        scope(() => {
          empty(device, [1]);
          throw new Error("on purpose");
        }), /on purpose/);
      assert.equal(device.memory().liveSlots, 0);
      return empty(device, [1]);
    });
  }));

Deno.test("keep() takes a tensor out of every scope", () =>
  leaves(1, (device) => {
    const kept = scope(() => scope(() => ({ kept: keep(empty(device, [1])) })).kept.id);
    assert.equal(typeof kept, "number");
  }));

Deno.test("a scope that has a tensor once more, or twice, has one reference to it", () =>
  leaves(0, (device) => {
    const tensorOf = scope(() => {
      const tensor = keep(empty(device, [1])).retain().retain();
      handOver(tensor);
      handOver(tensor);
      return () => tensor; // Not the tensor, which would move out.
    });
    const tensor = tensorOf();
    assert.equal(tensor.isFreed, false);
    tensor.release();
    assert.equal(tensor.isFreed, true);
  }));

Deno.test("views share memory, which lives as long as one of them", () =>
  leaves(0, (device) => {
    const view = scope(() => empty(device, [2, 3]).view([6]));
    assert.equal(device.memory().liveSlots, 1);
    assert.deepEqual(view.shape, [6]);
    view.release();
  }));

Deno.test("a freed tensor cannot be used, viewed, retained, written or read", () =>
  leaves(0, (device) => {
    const tensor = scope(() => [empty(device, [2, 3])])[0]!;
    tensor.release();
    const uses = [
      () => tensor.slot,
      () => tensor.view([6]),
      () => tensor.retain(),
      () => tensor.write(new Float32Array(6)),
      () => tensor.read(),
    ];
    for (const use of uses) assert.throws(use, /shape 2×3 as its memory was freed/);
    tensor.release(); // a second time does no harm
  }));

Deno.test("a tensor without a scope lives until its last release", () =>
  leaves(0, (device) => {
    const tensor = empty(device, [1]).retain();
    assert.ok(!tensor.isExclusive);
    tensor.release();
    assert.ok(tensor.isExclusive);
    tensor.release();
  }));

Deno.test("scope() refuses async functions and frees what they made", () =>
  leaves(0, (device) => {
    assert.throws(() =>
      scope(async () => {
        empty(device, [1]);
        await Promise.resolve();
        throw new Error("nobody hears this");
      }), /asyncScope/);
  }));

Deno.test("asyncScope() frees at its end, lets out its result, and frees on rejection", () =>
  leaves(1, async (device) => {
    const out = await asyncScope(async () => {
      empty(device, [1]);
      await Promise.resolve();
      return { tensor: empty(device, [1]) };
    });
    assert.ok(!out.tensor.isFreed);
    await assert.rejects(
      asyncScope(async () => {
        empty(device, [1]);
        await Promise.reject(new Error("on purpose"));
      }),
      /on purpose/,
    );
  }));
