import assert from "node:assert/strict";
import {
  addressOf,
  addressWithin,
  giveBlock,
  heapScratch,
  takeBlock,
} from "../../../../core/runtime/cpu/heap.ts";
import { HostMemory } from "../../../../core/runtime/cpu/host_memory.ts";

Deno.test("blocks of the heap lie apart, begin at cache lines, and are found again once given back", () => {
  const sizes = [4, 100, 4096, 2 ** 20];
  const blocks = sizes.map(takeBlock);
  blocks.forEach(({ at, bytes }, i) => {
    assert.equal(bytes, sizes[i]);
    assert.equal(at % 64, 0);
    for (const other of blocks.slice(i + 1)) {
      assert.ok(at + bytes <= other.at || other.at + other.bytes <= at);
    }
  });
  blocks.forEach(giveBlock);
  const again = sizes.map(takeBlock);
  assert.deepEqual(again.map(({ at }) => at), blocks.map(({ at }) => at));
  again.forEach(giveBlock);
});

Deno.test("an array has an address where it lies in the heap only", () => {
  const block = takeBlock(64), array = new Float32Array(block.buffer, block.at, 16);
  assert.equal(addressOf(array), block.at);
  const within = (first: number, end: number) =>
    addressWithin(array.subarray(4), { start: 3, first, end });
  assert.equal(within(0, 12), block.at + 4 * 7);
  assert.throws(() => within(0, 13), /An array of 12 elements has none from 0 to 13/);
  assert.throws(() => within(-1, 12), RangeError);
  giveBlock(block);
  assert.equal(addressOf(new Float32Array(16)), undefined);
  const elsewhere = new Float32Array(16);
  assert.throws(
    () => addressWithin(elsewhere, { start: 0, first: 0, end: 16 }),
    /does not lie in the heap/,
  );
});

Deno.test("tensors leave an eighth of the heap to loops, and lie elsewhere then; scratch memory does not", () => {
  const probe = takeBlock(4), size = probe.buffer.byteLength;
  giveBlock(probe);
  // Nothing touches it, so that it takes no memory.
  const most = takeBlock(size * 7 / 8 - 2 ** 20), more = takeBlock(2 ** 20);
  assert.equal(most.buffer, probe.buffer);
  assert.notEqual(more.buffer, probe.buffer);
  assert.equal(more.buffer.byteLength, 2 ** 20);
  assert.ok(addressOf(heapScratch(2 ** 18)) !== undefined);
  giveBlock(most);
  giveBlock(more);
  assert.equal(more.buffer.byteLength, 0);
  assert.throws(() => heapScratch(size / 4), /no room for \d+ MiB of scratch memory/);
  assert.ok(addressOf(heapScratch(16)) !== undefined);
});

Deno.test("host memory counts what is live, and its peak", () => {
  const memory = new HostMemory();
  const first = memory.acquire(1000), second = memory.acquire(500);
  memory.release(first);
  assert.deepEqual(memory.use(), {
    liveBytes: 500,
    peakBytes: 1500,
    reservedBytes: 500,
    liveSlots: 1,
  });
  memory.resetPeak();
  assert.equal(memory.use().peakBytes, 500);
  memory.release(second);
  assert.equal(memory.use().liveSlots, 0);
  assert.throws(() => memory.release(second), /free already/);
});
