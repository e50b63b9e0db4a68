import assert from "node:assert/strict";
import { CpuDevice } from "../../core/runtime/cpu/device.ts";
import {
  backward,
  type Device,
  DryDevice,
  empty,
  fromArray,
  full,
  record,
  scope,
} from "../../core/runtime/mod.ts";
import { add, leaf, multiply, twice } from "./_support/ops.ts";

/** A small training step with fan-out, sharing and an unused output. */
function step(device: Device): void {
  scope(() => {
    // Sizes that the pool's buckets are of: the CPU device holds what is asked for, to the byte.
    const [a, b] = [256, 256].map((size) => leaf(device, Array<number>(size).fill(1)));
    const { result, tape } = record(() => {
      const sum = add(a!, multiply(a!, b!));
      return multiply(twice(sum)[0], add(sum, b!));
    });
    backward(tape, [result]);
  });
}

Deno.test("a dry step uses the memory of a real one, at its peak and after it", () => {
  // Of the same kind: on WebGPU the tape holds small gradients until it can add several at once.
  const dry = new DryDevice({ kind: "cpu" }), real = new CpuDevice();
  for (const device of [dry, real]) {
    step(device);
    step(device);
  }
  const { reservedBytes, ...used } = dry.memory();
  const { reservedBytes: _, ...really } = real.memory();
  assert.ok(really.peakBytes > 10 * 256 * 4);
  assert.deepEqual(used, really);
  assert.deepEqual([used.liveSlots, used.liveBytes], [0, 0]);
  assert.equal(reservedBytes, used.peakBytes, "the pool keeps what the busiest moment needed");
});

Deno.test("a dry device counts launches by kernel", () => {
  const device = new DryDevice();
  scope(() => {
    const x = fromArray(device, [4], new Float32Array(4));
    multiply(add(x, x), add(x, full(device, [4], 1)));
  });
  assert.deepEqual(Object.fromEntries(device.launches), { add: 2, fill: 1, multiply: 1 });
});

Deno.test("a dry device knows sizes that no machine holds", () => {
  const device = new DryDevice();
  scope(() => {
    full(device, [1024, 1024, 1024, 1024], 0);
    assert.equal(device.memory().liveBytes, 2 ** 42);
  });
  assert.equal(device.memory().liveBytes, 0);
});

Deno.test("a dry device has no contents to read, and takes no tensors of others", async () => {
  const device = new DryDevice();
  const x = empty(device, [2], "i32");
  await assert.rejects(() => x.read(), /computes none/);
  const other = empty(new CpuDevice(), [2]);
  const own = empty(device, [2]);
  assert.throws(() => add(own, other), /another device/);
});
