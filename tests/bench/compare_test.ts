/** Nothing wrong is timed, and ratios are a peer's time over ours. */
import assert from "node:assert/strict";
import { differenceOf, requireEqual } from "../../bench/check.ts";
import { type BenchContext, type BenchPeer, compare } from "../../bench/context.ts";
import type { Task } from "../../bench/peers/protocol.ts";
import { CpuDevice } from "../../core/runtime/cpu/device.ts";
import { UserError } from "../../core/runtime/errors.ts";

const TASK: Task = { task: "op", op: "any", sizes: {} };

function contextWith(peers: readonly BenchPeer[]): { context: BenchContext; notes: string[] } {
  const notes: string[] = [];
  const context = {
    device: new CpuDevice(),
    limits: { gflops: 1, gbps: 1 },
    peers,
    rounds: { rounds: 1, enough: 1 },
    isQuick: true,
    limit: Infinity,
    open: { kind: "cpu" as const },
    isWanted: () => true,
    note: (line: string) => void notes.push(line),
  };
  return { context, notes };
}

function peerOf(
  name: BenchPeer["name"],
  { sample, ms }: { sample: readonly number[] | Error; ms: number },
): BenchPeer {
  return {
    name,
    prepare: () => sample instanceof Error ? Promise.reject(sample) : Promise.resolve(sample),
    time: () => Promise.resolve({ ms, rss: 4096 }),
  };
}

const OURS = { time: () => Promise.resolve(2) };

Deno.test("a ratio is the peer's time over ours; who is not there has none", async () => {
  const { context } = contextWith([
    peerOf("tfjs_wasm", { sample: [1, 2], ms: 8 }),
    peerOf("torch_cpu", { sample: [1, 2], ms: 1 }),
  ]);
  const expected = { values: [1, 2], tolerance: 1e-6 };
  const result = await compare(context, { name: "x", ours: OURS, task: TASK, expected });
  assert.equal(result.ms, 2);
  assert.deepEqual(result.ratio, {
    tfjs_webgpu: null,
    tfjs_wasm: 4,
    torch_cpu: 0.5,
    torch_cuda: null,
    torch_cuda_tf32: null,
  });
  assert.equal(result.peer_ms.tfjs_wasm, 8);
  assert.equal(result.rss.get("torch_cpu"), 4096);
});

Deno.test("a peer that is wrong, or cannot do it, is left out and named", async () => {
  const { context, notes } = contextWith([
    peerOf("tfjs_wasm", { sample: [1, 2.1], ms: 8 }),
    peerOf("torch_cpu", { sample: new Error("no such kernel"), ms: 1 }),
  ]);
  const expected = { values: [1, 2], tolerance: 1e-6 };
  const { ratio } = await compare(context, { name: "x", ours: OURS, task: TASK, expected });
  assert.deepEqual(Object.values(ratio), [null, null, null, null, null]);
  assert.match(notes[0]!, /x: tfjs_wasm is left out: its result differs by 5\.0e-2/);
  assert.match(notes[1]!, /torch_cpu is left out: no such kernel/);
});

Deno.test("a wrong result of ours ends the bench", () => {
  assert.equal(requireEqual("x", [1, 2], { expected: [1, 2.00002], tolerance: 1e-4 }) > 0, true);
  for (const wrong of [[1, 2.1], [1, NaN], [1], [1, Infinity]]) {
    assert.throws(
      () => requireEqual("the layer", wrong, { expected: [1, 2], tolerance: 1e-4 }),
      (error) =>
        error instanceof UserError && /the layer is wrong by .*not timed/.test(error.message),
    );
  }
});

Deno.test("a difference is relative to the largest expected number", () => {
  assert.equal(differenceOf([0, 100], [1, 100]), 0.01);
  assert.equal(differenceOf([0, 0], [0, 0]), 0);
  assert.equal(differenceOf([NaN], [0]), Infinity);
});
