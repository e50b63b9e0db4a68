import assert from "node:assert/strict";
import { join } from "node:path";
import { planAblation, requireSameSettings, stateOf } from "../../../core/cli/ablate_plan.ts";
import { type Variant, VARIANT_NAMES } from "../../../core/cli/ablate_variants.ts";
import { UsageError } from "../../../core/runtime/errors.ts";
import { PROJECT_ROOT, writeRunRecord } from "../../../core/train/run_folder.ts";

async function plan(
  { seeds = 2, variants = VARIANT_NAMES, sets = [], seed }: {
    seeds?: number;
    variants?: readonly Variant[];
    sets?: readonly string[];
    seed?: number;
  } = {},
) {
  const common = { json: false, debug: false, fresh: false };
  return await planAblation({ ...common, experiment: "quickstart", seeds, variants, sets, seed }, {
    cwd: PROJECT_ROOT,
  });
}

Deno.test("an ablation goes seed by seed through the variants", async () => {
  const { runs, root } = await plan({ seed: 7 });
  assert.deepEqual(runs.map(({ label }) => label), [
    ...["baseline, seed 7", "dla, seed 7", "dsl, seed 7", "both, seed 7"],
    ...["baseline, seed 8", "dla, seed 8", "dsl, seed 8", "both, seed 8"],
  ]);
  assert.equal(root, join(PROJECT_ROOT, "output", "quickstart", "ablation"));
  assert.deepEqual(
    runs.slice(0, 4).map(({ config }) => {
      const { DLA, DSL } = config.MODEL.DYNAMIC_RCNN;
      return [DLA, DSL];
    }),
    [[false, false], [true, false], [false, true], [true, true]],
  );
  for (const { config, seed, variant, folder, iterations } of runs) {
    assert.equal(config.SEED, seed);
    assert.equal(folder.root, join(root, `${variant}_seed${seed}`));
    assert.equal(config.OUTPUT_DIR, folder.root);
    assert.equal(iterations, 3000);
  }
});

Deno.test("an ablation takes settings, variants and another folder", async () => {
  const { runs, root } = await plan({
    seeds: 1,
    variants: ["both", "baseline"],
    sets: ["SOLVER.MAX_ITER=30", "SOLVER.STEPS=[]", "OUTPUT_DIR=elsewhere"],
  });
  assert.deepEqual(runs.map(({ variant }) => variant), ["baseline", "both"]);
  assert.equal(root, join(PROJECT_ROOT, "elsewhere", "ablation"));
  assert.deepEqual(runs.map(({ iterations }) => iterations), [30, 30]);
  for (const { arguments: args } of runs) assert.ok(args.includes("SOLVER.MAX_ITER=30"));
});

Deno.test("an ablation with a wrong setting is refused before anything runs", async () => {
  await assert.rejects(plan({ sets: ["SOLVER.MAX_ITERS=30"] }), UsageError);
  await assert.rejects(plan({ seed: 0xffffffff }), UsageError);
});

Deno.test("a run with other settings is refused, naming them; the same one is not", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const sets = [`OUTPUT_DIR=${folder}`];
    const { runs: [run] } = await plan({ sets });
    const { runs: [other] } = await plan({ sets: [...sets, "SOLVER.BASE_LR=0.5"] });
    assert.ok(run && other);
    await requireSameSettings(run, "quickstart");
    assert.equal(await stateOf(run), "absent");
    const environment = {
      ...{ deno: "", adapter: "", commit: null, seed: 0, command: "", date: "", platform: "" },
      device: "cpu" as const,
    };
    await writeRunRecord(run.folder, { experiment: "quickstart", config: run.config, environment });
    assert.equal(await stateOf(run), "begun");
    await requireSameSettings(run, "quickstart");
    await assert.rejects(requireSameSettings(other, "quickstart"), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, /other settings: SOLVER\.BASE_LR was 0\.02 and is 0\.5 now; /);
      return true;
    });
    await assert.rejects(requireSameSettings(run, "r50_fpn_1x"), /holds a run of quickstart, not/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
