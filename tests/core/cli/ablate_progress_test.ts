import assert from "node:assert/strict";
import type { PlannedRun } from "../../../core/cli/ablate_plan.ts";
import { AblationProgress } from "../../../core/cli/ablate_progress.ts";
import { defaults } from "../../../core/train/config.ts";
import { runFolderAt } from "../../../core/train/run_folder.ts";

function runOf(label: string, iterations: number): PlannedRun {
  return {
    ...{ variant: "both", seed: 0, config: defaults, arguments: [], folder: runFolderAt("/none") },
    ...{ label, iterations },
  };
}

/** Progress whose clock is set by hand; its lines. */
function follow(runs: readonly PlannedRun[]) {
  const lines: string[] = [];
  const clock = { seconds: 0 };
  const progress = new AblationProgress({
    line: (text) => lines.push(text),
    now: () => clock.seconds * 1000,
  }, runs);
  return { progress, lines, clock };
}

Deno.test("time left is of all runs, at the pace of those done and of this one", () => {
  const runs = [runOf("a", 100), runOf("b", 100), runOf("c", 200)];
  const { progress, lines, clock } = follow(runs);
  progress.begin(runs[0]!, { resumes: false });
  clock.seconds = 100;
  progress.update(50, 1.5);
  // 350 iterations are left, at 2 seconds each.
  assert.equal(lines.at(-1), "[1/3] a: iteration 50 of 100, loss 1.500, 0:11:40 left in all");
  clock.seconds = 200;
  progress.update(100, 1);
  clock.seconds = 300;
  progress.end("done");
  assert.equal(lines.at(-1), "[1/3] a: done after 0:05:00");
  progress.begin(runs[1]!, { resumes: false });
  clock.seconds = 450;
  progress.update(50, 1);
  // 250 are left; 150 took 450 seconds, the first run's test included.
  assert.match(lines.at(-1)!, /^\[2\/3\] b: .* 0:12:30 left in all$/);
});

Deno.test("what was done before does not count into the pace, and complete runs leave nothing", () => {
  const runs = [runOf("a", 100), runOf("b", 100)];
  const { progress, lines, clock } = follow(runs);
  progress.skip(runs[0]!, "is complete");
  assert.deepEqual(lines, ["[1/2] a: is complete"]);
  progress.begin(runs[1]!, { resumes: true });
  progress.update(60, 1);
  assert.match(lines.at(-1)!, / - left in all$/);
  clock.seconds = 10;
  progress.update(80, 1);
  assert.match(lines.at(-1)!, /iteration 80 of 100, loss 1.000, 0:00:10 left in all$/);
});

Deno.test("there are at most ten lines of a run's iterations", () => {
  const run = runOf("a", 1000);
  const { progress, lines } = follow([run]);
  progress.begin(run, { resumes: false });
  for (let iteration = 20; iteration <= 1000; iteration += 20) progress.update(iteration, 1);
  assert.equal(lines.length, 1 + 10);
});
