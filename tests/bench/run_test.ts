/** The bench run for real, on tiny cases. */
import assert from "node:assert/strict";
import { type BenchOptions, readOptions } from "../../bench/options.ts";
import { OwnProcess } from "../../bench/own_process.ts";
import { UserError } from "../../core/runtime/errors.ts";
import { runBench } from "../../bench/run.ts";
import { timeStarts } from "../../bench/startup.ts";
import { HAS_WEBGPU } from "../_support/devices.ts";
import { setArguments, TINY } from "../_support/command.ts";
import { withTinyRun } from "../_support/tiny_run.ts";

function optionsOf(line: string): BenchOptions {
  const options = readOptions(line.split(" "));
  assert.ok(options !== "help");
  return options;
}

async function checkReport(line: string): Promise<void> {
  const seen: string[] = [];
  const report = await runBench(optionsOf(line), {
    note: () => {},
    result: ({ name }) => seen.push(name),
  });
  const { date, adapter, limits, results } = JSON.parse(JSON.stringify(report));
  assert.ok(!Number.isNaN(Date.parse(date)));
  assert.ok(typeof adapter === "string" && adapter !== "");
  assert.ok(limits.gflops > 0 && limits.gbps > 0);
  assert.deepEqual(results.map(({ name }: { name: string }) => name), seen);
  assert.deepEqual([...new Set(results.map(({ suite }: { suite: string }) => suite))], [
    "layers",
    "ops",
    "steps",
  ]);
  for (const { name, date, ms, gflops, share, ratio, checked, memory } of results) {
    assert.ok(!Number.isNaN(Date.parse(date)));
    if (memory) assert.ok(memory.device > 2 ** 16, name);
    // On a GPU the tensors lie elsewhere; some systems tell no process' memory.
    if (memory?.process && report.device === "cpu") {
      assert.ok(memory.process > memory.device, name);
    }
    assert.ok(ms > 0, name);
    if (gflops === null) assert.equal(share, null, name);
    else assert.ok(Math.abs(share - gflops / limits.gflops) < 1e-9, name);
    assert.deepEqual(Object.values(ratio), [null, null, null, null, null]);
    assert.ok(checked.error < 1e-2, name);
  }
}

Deno.test("--only measures the rows whose names have that part, in any case", async () => {
  const line = "layers ops steps startup --quick --device cpu --peers none --only";
  const options = { ...optionsOf(`${line} x`), only: "Gradient of WEIGHT" };
  const { results } = await runBench(options, { note: () => {}, result: () => {} });
  assert.deepEqual(results.map(({ name }) => name.replace(/^.*, /, "")), ["gradient of weight"]);
});

Deno.test("a step that cannot be run is a sentence, not a hang", async () => {
  const step = { model: "r50", training: true, size: { images: 1, height: 0, width: 0 } } as const;
  await assert.rejects(
    OwnProcess.start(step, { kind: "webgpu", adapter: "no such adapter" }),
    (error) => error instanceof UserError && /no such adapter|no WebGPU/.test(error.message),
  );
});

Deno.test("a bench of tiny cases has every suite, checked, in the promised form (cpu)", () =>
  checkReport("layers ops steps --quick --device cpu --peers none"));

Deno.test({
  name: `a bench of tiny cases has every suite, checked, in the promised form (webgpu${
    HAS_WEBGPU ? "" : "; no WebGPU adapter here"
  })`,
  ignore: !HAS_WEBGPU,
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () => checkReport("layers ops steps --quick --device webgpu --peers none --limit 2"),
});

Deno.test({
  name: `a forced variant is the one that is timed${HAS_WEBGPU ? "" : " (no WebGPU adapter here)"}`,
  ignore: !HAS_WEBGPU,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    for (const variant of ["register", "workgroup"]) {
      const forced = `conv2d=${variant}`;
      const line = `layers --quick --device webgpu --peers none --variant ${forced}`;
      const report = await runBench(optionsOf(line), { note: () => {}, result: () => {} });
      const forward = report.results.find(({ name }) => name.endsWith("forward"));
      assert.equal(forward?.variant, variant);
    }
  },
});

Deno.test("a start-up is timed to the first iteration, and a failed one says why", () =>
  withTinyRun(async ({ data }) => {
    const more = setArguments(data.sets);
    const times = await timeStarts({ experiment: TINY, device: "cpu", more });
    assert.equal(times.length, 2);
    for (const ms of times) assert.ok(ms > 0);
    await assert.rejects(
      timeStarts({ experiment: TINY, device: "cpu", more: ["--set", "SOLVER.MAX_ITER=x"] }),
      /does not start to train: .*SOLVER\.MAX_ITER/,
    );
  }));
