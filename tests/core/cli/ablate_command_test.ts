/** `ablate` as a user runs it: stopped, gone on with, refused. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { parseMetrics } from "../../../core/train/metrics.ts";
import {
  resultOf,
  runHere,
  setArguments,
  startCommand,
  untilHolds,
} from "../../_support/command.ts";
import { withTinyRun } from "../../_support/tiny_run.ts";

const SCHEDULE = ["SOLVER.MAX_ITER=300", "SOLVER.STEPS=[]", "SOLVER.CHECKPOINT_PERIOD=1000"];

Deno.test("an ablation that is stopped goes on where it was, and refuses other settings", async () => {
  await withTinyRun(async (run) => {
    const line = (...more: string[]) =>
      run.arguments("ablate", [
        ...["--seeds", "1", "--variants", "baseline,both"],
        ...setArguments(SCHEDULE),
        ...more,
      ]);
    const metricsOf = async (variant: string) =>
      parseMetrics(
        await Deno.readTextFile(
          join(run.folder.root, "ablation", `${variant}_seed0`, "metrics.jsonl"),
        ).catch(() => ""),
      );

    const launcher = startCommand(line());
    await untilHolds(launcher, async () => (await metricsOf("baseline")).length >= 3);
    launcher.kill("SIGTERM");
    const stopped = await resultOf(launcher);
    assert.equal(stopped.code, 143, stopped.stderr);
    assert.match(stopped.stderr, /baseline, seed 0: stopped/);
    assert.match(stopped.stderr, /2 of 2 runs are left\. The same command goes on with them\.$/m);
    const before = (await metricsOf("baseline")).length;
    assert.ok(before < 300, `stopped in iteration ${before}`);

    const resumed = await runHere(line("--json"));
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.match(resumed.stderr, /\[1\/2\] baseline, seed 0: goes on/);
    assert.match(resumed.stderr, /\[2\/2\] both, seed 0: done/);
    for (const variant of ["baseline", "both"]) {
      assert.equal((await metricsOf(variant)).length, 300);
    }
    const result = JSON.parse(resumed.stdout);
    assert.equal(result.complete, true);
    assert.deepEqual(result.results.map((r: { variant: string }) => r.variant), [
      "baseline",
      "both",
    ]);
    const page = await Deno.readTextFile(result.report);
    assert.ok(page.includes("Ablation of tiny, 300 iterations instead of 12"));

    const again = await runHere(line());
    assert.equal(again.code, 0);
    assert.match(again.stderr, /both, seed 0: is complete/);
    assert.match(again.stdout, /^baseline +1 +\d/m);
    const other = await runHere(line("--set", "SOLVER.BASE_LR=0.5"));
    assert.equal(other.code, 2);
    assert.match(other.stderr, /SOLVER\.BASE_LR was 0\.02 and is 0\.5 now/);
  });
});
