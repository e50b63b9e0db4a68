import assert from "node:assert/strict";
import { overlapped } from "../../../core/train/overlapped.ts";

/** Work that logs when it is launched and read. */
function logging(log: string[]) {
  return (item: number) => {
    log.push(`launch ${item}`);
    return {
      read: () => {
        log.push(`read ${item}`);
        return item < 0 ? Promise.reject(new Error("broken")) : Promise.resolve(10 * item);
      },
    };
  };
}

Deno.test("each result is read when the next work is launched, and all come in order", async () => {
  const log: string[] = [];
  for await (const { item, result } of overlapped([1, 2, 3], logging(log))) {
    log.push(`use ${item}: ${result}`);
  }
  assert.deepEqual(log, [
    ...["launch 1", "launch 2", "read 1", "use 1: 10"],
    ...["launch 3", "read 2", "use 2: 20", "read 3", "use 3: 30"],
  ]);
  for await (const _ of overlapped([], logging(log))) assert.fail("nothing was launched");
});

Deno.test("what reading throws ends it", async () => {
  const log: string[] = [];
  const run = async () => {
    for await (const { item } of overlapped([1, -1, 2, 3], logging(log))) log.push(`use ${item}`);
  };
  await assert.rejects(run, /broken/);
  assert.deepEqual(log.slice(-2), ["launch 2", "read -1"]);
});
