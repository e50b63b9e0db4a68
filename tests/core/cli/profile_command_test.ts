/** `--profile`: a table and a timeline of real steps, and the same results as without. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { HAS_WEBGPU } from "../../_support/devices.ts";
import { runHere } from "../../_support/command.ts";
import { withTinyRun } from "../../_support/tiny_run.ts";

/** Names of the kernels on a timeline's device track. */
async function kernelsOf(file: string): Promise<string[]> {
  const { traceEvents } = JSON.parse(await Deno.readTextFile(file));
  const events: { name: string; ph: string; tid: number; ts: number; dur: number }[] = traceEvents;
  const spans = events.filter(({ ph }) => ph === "X");
  for (const { name, ts, dur } of spans) assert.ok(ts >= 0 && dur >= 0, `${name} at ${ts}`);
  return spans.filter(({ tid }) => tid === 2).map(({ name }) => name);
}

Deno.test("train --profile logs where steps go, leaves a timeline and changes no number", () =>
  withTinyRun(async (run) => {
    const plain = await run.run("train", "--set", "SOLVER.MAX_ITER=4");
    assert.equal(plain.code, 0, plain.stderr);
    const before = (await run.metrics()).map(({ loss }) => loss);
    const profiled = await run.run("train", "--fresh", "--set", "SOLVER.MAX_ITER=4", "--profile");
    assert.equal(profiled.code, 0, profiled.stderr);
    assert.deepEqual((await run.metrics()).map(({ loss }) => loss), before);
    const log = await run.log();
    assert.match(log, /Profile of 3 steps on CPU/);
    assert.match(log, /A step takes [\d.]+ ms: [\d.]+ % convolutions and matrix products/);
    const kernels = await kernelsOf(run.folder.profile);
    // Three steps update as many parameters each.
    assert.equal(kernels.filter((name) => name === "sgd").length % 3, 0);
    for (const kernel of ["conv2d", "conv2d_backward_weight", "sgd"]) {
      assert.ok(kernels.includes(kernel), kernel);
    }
  }));

for (const device of ["cpu", "webgpu"] as const) {
  const missing = device === "webgpu" && !HAS_WEBGPU;
  Deno.test({
    name: `inspect --step --profile has the step's kernels, and the step as without (${device}${
      missing ? "; no WebGPU adapter here" : ""
    })`,
    ignore: missing,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: () =>
      withTinyRun(async (run) => {
        const trace = join(run.data.folder, "trace.json");
        const line = run.arguments("inspect", ["--step", "--json"])
          .map((argument) => argument === "cpu" ? device : argument);
        const plain = await runHere(line);
        const profiled = await runHere([...line, "--profile", "--trace", trace]);
        assert.equal(profiled.code, 0, profiled.stderr);
        const { profile, ...step } = JSON.parse(profiled.stdout);
        assert.deepEqual(step, JSON.parse(plain.stdout));
        assert.ok(profile.steps >= 1 && profile.steps <= 25, `${profile.steps} steps`);
        assert.equal(profile.undisturbed_pairs, device === "webgpu" ? profile.steps : 0);
        const names = profile.kernels.map(({ kernel }: { kernel: string }) => kernel);
        assert.ok(names.includes("conv2d_backward_x") && names.includes("sgd"), `${names}`);
        const kernels = await kernelsOf(trace);
        assert.deepEqual([...new Set(kernels)].sort(), [...new Set(names)].sort());
        const { products, other_kernels, between_kernels } = profile.of_step;
        const sum = products + other_kernels + between_kernels;
        assert.ok(Math.abs(sum - 1) < 1e-6, `the parts of a step make ${sum}`);
      }),
  });
}
