/** The bench run for real, on tiny cases. */
import assert from "node:assert/strict";
import { type BenchOptions, readOptions } from "../../bench/options.ts";
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
  for (const { name, ms, gflops, share, ratio, checked } of results) {
    assert.ok(ms > 0, name);
    if (gflops === null) assert.equal(share, null, name);
    else assert.ok(Math.abs(share - gflops / limits.gflops) < 1e-9, name);
    assert.deepEqual(Object.values(ratio), [null, null, null, null, null]);
    assert.ok(checked.error < 1e-2, name);
  }
}

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
