import assert from "node:assert/strict";
import { join } from "node:path";
import { type IterationMetrics, parseMetrics } from "../../../core/train/metrics.ts";
import {
  resultOf,
  runCommand,
  setArguments,
  startCommand,
  TINY,
  untilHolds,
} from "../../_support/command.ts";
import { makeTinyData, type TinyData } from "../../_support/tiny_data.ts";

/** All that must be the same after a resume: everything but times and memory. */
function learned({ time: _t, data_time: _d, memory: _m, ...rest }: IterationMetrics) {
  return rest;
}

function argumentsOf(data: TinyData, output: string): string[] {
  return [
    "train",
    TINY,
    "--device",
    "cpu",
    ...setArguments([...data.sets, `OUTPUT_DIR=${output}`]),
  ];
}

async function metricsOf(output: string): Promise<IterationMetrics[]> {
  return parseMetrics(await Deno.readTextFile(join(output, "metrics.jsonl")));
}

/** Waits until the run in `output` has done `iterations`. */
async function reached(
  process: Deno.ChildProcess,
  { output, iterations }: { output: string; iterations: number },
): Promise<void> {
  await untilHolds(process, async () => {
    const metrics = await metricsOf(output).catch(() => []);
    return (metrics.at(-1)?.iteration ?? 0) >= iterations;
  });
}

Deno.test("a run killed with SIGKILL and started again equals the unbroken run", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const data = await makeTinyData(join(folder, "data"));
    const whole = join(folder, "whole"), broken = join(folder, "broken");
    const unbroken = await runCommand(argumentsOf(data, whole));
    assert.equal(unbroken.code, 0, unbroken.stderr);
    const expected = (await metricsOf(whole)).map(learned);
    assert.equal(expected.length, 12);

    const process = startCommand(argumentsOf(data, broken));
    await reached(process, { output: broken, iterations: 6 });
    process.kill("SIGKILL");
    await resultOf(process);
    const resumed = await runCommand(argumentsOf(data, broken));
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.match(resumed.stderr, /Resumed from .*model_00000(04|08)\.safetensors/);
    assert.deepEqual((await metricsOf(broken)).map(learned), expected);
    // The criteria moved, so that their being kept was put to the test.
    assert.ok(new Set(expected.map(({ rcnn_iou }) => rcnn_iou)).size > 2);
    assert.ok(new Set(expected.map(({ rcnn_beta }) => rcnn_beta)).size > 2);

    const again = await runCommand(argumentsOf(data, broken));
    assert.equal(again.code, 0);
    assert.match(
      again.stdout,
      /is already complete; --fresh starts over, --fresh --init-from FILE/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("SIGTERM saves the iteration in work and exits with 143; the next start goes on", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const data = await makeTinyData(join(folder, "data"));
    const output = join(folder, "run");
    const args = [
      ...argumentsOf(data, output),
      "--set",
      "SOLVER.MAX_ITER=400",
      "--set",
      "SOLVER.CHECKPOINT_PERIOD=400",
    ];
    const process = startCommand(args);
    await reached(process, { output, iterations: 3 });
    process.kill("SIGTERM");
    const stopped = await resultOf(process);
    assert.equal(stopped.code, 143, stopped.stderr);
    const done = (await metricsOf(output)).at(-1)!.iteration;
    const name = `model_${`${done}`.padStart(7, "0")}.safetensors`;
    assert.equal(await Deno.readLink(join(output, "checkpoints", "last_checkpoint")), name);

    const resumed = await runCommand([...args, "--set", `SOLVER.MAX_ITER=${done + 2}`]);
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.deepEqual(
      (await metricsOf(output)).map(({ iteration }) => iteration),
      Array.from({ length: done + 2 }, (_, i) => i + 1),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
