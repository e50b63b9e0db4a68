import assert from "node:assert/strict";
import { dirname } from "node:path";
import { planAblation } from "../../../core/cli/ablate_plan.ts";
import { readResults, resultLines } from "../../../core/cli/ablate_results.ts";
import { inferenceFolder, PROJECT_ROOT } from "../../../core/train/run_folder.ts";

/** Results of runs whose AP is given, by variant and seed. */
async function resultsOf(APs: { baseline?: readonly number[]; both?: readonly number[] }) {
  const folder = await Deno.makeTempDir();
  try {
    const { runs } = await planAblation({
      ...{ json: false, debug: false, fresh: false, experiment: "quickstart", seeds: 3 },
      ...{ variants: ["baseline", "both"], sets: [`OUTPUT_DIR=${folder}`] },
    }, { cwd: PROJECT_ROOT });
    const complete = [];
    for (const run of runs) {
      const AP = run.variant === "dla" || run.variant === "dsl"
        ? undefined
        : APs[run.variant]?.[run.seed];
      if (AP === undefined) continue;
      const { metrics } = inferenceFolder(run.folder, "digits_val");
      await Deno.mkdir(dirname(metrics), { recursive: true });
      await Deno.writeTextFile(metrics, JSON.stringify({ AP, AP50: 0.5, AP75: -1, per_class: [] }));
      complete.push(run);
    }
    return await readResults(complete);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("results are means over seeds, and gains are paired by seed", async () => {
  const results = await resultsOf({ baseline: [0.5, 0.6, 0.7], both: [0.52, 0.62, 0.75] });
  const [baseline, both] = results;
  assert.ok(baseline && both && results.length === 2);
  assert.deepEqual(both.seeds, [0, 1, 2]);
  assert.ok(Math.abs(both.figures.AP!.mean - 0.63) < 1e-12);
  assert.ok(Math.abs(baseline.figures.AP!.deviation! - 0.1) < 1e-12);
  assert.equal(both.figures.AP75, undefined);
  assert.equal(baseline.gain, undefined);
  assert.ok(both.gain?.paired && Math.abs(both.gain.mean - 0.03) < 1e-12);
  const [head, first, second] = resultLines(results);
  assert.match(head!, /^digits_val +runs +AP +AP50 +AP75 +AP90 +AP over the baseline/);
  assert.match(first!, /^baseline +3 +60\.0 ± 10\.0 +50\.0 ± 0\.0 +– +–$/);
  assert.match(second!, /^both +3 +63\.0 ± .* \+3\.0 \[[−+][\d.]+, \+[\d.]+\]$/);
});

Deno.test("one seed's gain says that noise is unknown; without a baseline there is none", async () => {
  const one = resultLines(await resultsOf({ baseline: [0.5], both: [0.4] }));
  assert.match(one.at(-1)!, /−10\.0 \(of one seed: what is noise is unknown\)$/);
  const [both] = await resultsOf({ both: [0.4] });
  assert.ok(both && both.gain === undefined);
  assert.deepEqual(resultLines(await resultsOf({})), []);
});
