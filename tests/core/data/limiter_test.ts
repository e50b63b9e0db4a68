import assert from "node:assert/strict";
import { Limiter } from "../../../core/data/limiter.ts";

Deno.test("Limiter runs no more tasks at once than it may, in their order", async () => {
  const limiter = new Limiter(2);
  const started: number[] = [];
  let running = 0;
  let most = 0;
  const results = await Promise.all([0, 1, 2, 3, 4].map((value) =>
    limiter.run(async () => {
      started.push(value);
      most = Math.max(most, ++running);
      await new Promise((resolve) => queueMicrotask(() => resolve(null)));
      running--;
      return value * 2;
    })
  ));
  assert.deepEqual(results, [0, 2, 4, 6, 8]);
  assert.deepEqual(started, [0, 1, 2, 3, 4]);
  assert.equal(most, 2);
});

Deno.test("Limiter goes on after a task that fails", async () => {
  const limiter = new Limiter(1);
  await assert.rejects(limiter.run(() => Promise.reject(new Error("broken"))), /broken/);
  assert.equal(await limiter.run(() => Promise.resolve(3)), 3);
});

Deno.test("Limiter.close() waits for what runs and lets nothing else begin", async () => {
  const limiter = new Limiter(1);
  const gate = Promise.withResolvers<void>();
  let finished = false;
  const running = limiter.run(async () => {
    await gate.promise;
    finished = true;
  });
  const waiting = limiter.run(() => Promise.resolve("begun"));
  const refused = assert.rejects(waiting, /called off/);
  const closed = limiter.close().then(() => assert.ok(finished));
  gate.resolve();
  await Promise.all([running, refused, closed]);
  await new Limiter(1).close();
});
