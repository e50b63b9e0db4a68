import assert from "node:assert/strict";
import { bucketBytes, BufferPool } from "../../core/runtime/buffer_pool.ts";
import { random } from "../_support/random.ts";

const MIB = 2 ** 20;

/** Raw memory that only counts; `room` bytes of it where given. */
function countingMemory(room = Infinity, maxBytes = Infinity) {
  const memory = {
    existing: new Map<number, number>(),
    created: 0,
    maxBytes,
    get bytes() {
      return [...memory.existing.values()].reduce((sum, bytes) => sum + bytes, 0);
    },
    create(bytes: number): number {
      if (memory.bytes + bytes > room) throw new Error("no memory");
      memory.existing.set(++memory.created, bytes);
      return memory.created;
    },
    destroy(buffer: number): void {
      assert.ok(memory.existing.delete(buffer), "destroyed twice");
    },
  };
  return memory;
}

Deno.test("bucketBytes() holds what was asked for, and wastes at most a quarter, a 32nd of large sizes", () => {
  assert.deepEqual([0, 1, 256].map(bucketBytes), [256, 256, 256]);
  assert.deepEqual([257, 1024, 1025, 1280].map(bucketBytes), [512, 1024, 1280, 1280]);
  const buckets = new Set<number>();
  for (let bytes = 4; bytes < 2 ** 31; bytes = Math.ceil(bytes * 1.01)) {
    const bucket = bucketBytes(bytes);
    assert.ok(
      bucket >= bytes && bucket <= Math.max(bytes + 255, bytes * (bytes > MIB ? 33 / 32 : 1.25)),
      `${bytes}: ${bucket}`,
    );
    assert.equal(bucket % 256, 0);
    assert.equal(bucketBytes(bucket), bucket);
    buckets.add(bucket);
  }
  assert.ok(buckets.size < 400, `${buckets.size} buckets`);
});

Deno.test("a large buffer serves up to a quarter smaller ones, the closest first", () => {
  const pool = new BufferPool(countingMemory());
  const held = [100, 120, 110].map((size) => pool.acquire(size * MIB));
  for (const { buffer, bucket } of held) pool.release(buffer, bucket);
  assert.equal(pool.acquire(101 * MIB).buffer, held[2]!.buffer);
  assert.equal(pool.acquire(101 * MIB).buffer, held[1]!.buffer);
  const { buffer, bucket } = pool.acquire(75 * MIB);
  assert.ok(!held.some((one) => one.buffer === buffer), "a buffer above a quarter too large");
  assert.equal(bucket, 76 * MIB);
  // What is held is counted as large as it is.
  assert.equal(pool.use().liveBytes, (110 + 120 + 76) * MIB);
});

Deno.test("a pool reuses what was given back, and counts live, peak and reserved bytes", () => {
  const memory = countingMemory();
  const pool = new BufferPool(memory);
  const a = pool.acquire(1000), b = pool.acquire(5000);
  assert.deepEqual([a.bucket, b.bucket], [1024, 5120]);
  pool.release(a.buffer, a.bucket);
  assert.deepEqual(pool.use(), {
    liveBytes: 5120,
    peakBytes: 6144,
    reservedBytes: 6144,
    liveSlots: 1,
  });
  assert.equal(pool.acquire(900).buffer, a.buffer);
  assert.notEqual(pool.acquire(900).buffer, a.buffer);
  assert.equal(memory.created, 3);
  pool.release(b.buffer, b.bucket);
  pool.resetPeak();
  assert.deepEqual(pool.use(), {
    liveBytes: 2048,
    peakBytes: 2048,
    reservedBytes: 7168,
    liveSlots: 2,
  });
});

Deno.test("trim() destroys what is not in use, and nothing else", () => {
  const memory = countingMemory();
  const pool = new BufferPool(memory);
  const [a, b] = [pool.acquire(1000), pool.acquire(2000)];
  pool.release(a.buffer, a.bucket);
  pool.trim();
  assert.deepEqual([...memory.existing.keys()], [b.buffer]);
  assert.equal(pool.use().reservedBytes, b.bucket);
  assert.notEqual(pool.acquire(1000).buffer, a.buffer);
});

Deno.test("a pool out of memory gives up its free buffers before it fails", () => {
  const memory = countingMemory(10_240);
  const pool = new BufferPool(memory);
  const { buffer, bucket } = pool.acquire(6000);
  pool.release(buffer, bucket);
  assert.equal(pool.acquire(8000).bucket, 8192);
  assert.equal(memory.existing.size, 1);
  const before = pool.use();
  assert.throws(() => pool.acquire(8000), /no memory/);
  assert.deepEqual(pool.use(), before);
});

Deno.test("a bucket is cut to the largest buffer there is", () => {
  const pool = new BufferPool(countingMemory(Infinity, 2 ** 31 - 256));
  assert.equal(pool.acquire(2 ** 31 - 1000).bucket, 2 ** 31 - 256);
  assert.equal(pool.acquire(2 ** 31).bucket, 2 ** 31); // for its maker to refuse by name
});

Deno.test("sizes that vary pile up no more than half the busiest moment beside it", () => {
  const memory = countingMemory();
  const pool = new BufferPool(memory);
  const next = random(3);
  let peak = 0;
  for (let step = 0; step < 60; step++) {
    const held = Array.from({ length: 20 }, () => pool.acquire((20 + next.uniform() * 80) * MIB));
    peak = Math.max(peak, pool.use().peakBytes);
    const { reservedBytes } = pool.use();
    assert.equal(reservedBytes, memory.bytes);
    assert.ok(reservedBytes <= peak * 1.5, `${reservedBytes / MIB} MiB beside ${peak / MIB}`);
    for (const { buffer, bucket } of held) pool.release(buffer, bucket);
  }
  assert.ok(memory.created > memory.existing.size, "nothing was ever trimmed");
});

Deno.test("a pool destroys first what lay unused longest", () => {
  const memory = countingMemory();
  const pool = new BufferPool(memory);
  const sizes = [100, 110, 120].map((size) => pool.acquire(size * MIB));
  for (const { buffer, bucket } of [sizes[1]!, sizes[0]!, sizes[2]!]) pool.release(buffer, bucket);
  pool.acquire(400 * MIB); // above the 330 MiB so far: room for 256 MiB of free ones beside it
  assert.ok(!memory.existing.has(sizes[1]!.buffer));
  assert.ok(memory.existing.has(sizes[0]!.buffer) && memory.existing.has(sizes[2]!.buffer));
});

Deno.test("equal steps create buffers in the first one only", () => {
  const memory = countingMemory();
  const pool = new BufferPool(memory);
  let created = 0;
  for (let step = 0; step < 50; step++) {
    const held = [700, 300, 5, 300].map((size) => pool.acquire(size * MIB));
    for (const { buffer, bucket } of held.reverse()) pool.release(buffer, bucket);
    if (step === 0) created = memory.created;
  }
  assert.equal(memory.created, created);
});

Deno.test("a pool that reuses what was made first gives equal steps equal buffers", () => {
  for (const reusesFirstMade of [true, false]) {
    const pool = new BufferPool({ ...countingMemory(), reusesFirstMade });
    const step = () => {
      const [a, b, c, d] = [300, 300, 300, 300].map(() => pool.acquire(300));
      for (const held of [c!, a!, d!]) pool.release(held.buffer, held.bucket);
      const e = pool.acquire(300);
      for (const held of [b!, e]) pool.release(held.buffer, held.bucket);
      return [a, b, c, d, e].map((held) => held!.buffer);
    };
    const first = step(), second = step();
    if (reusesFirstMade) assert.deepEqual(second, first);
    else assert.notDeepEqual(second, first);
  }
});
