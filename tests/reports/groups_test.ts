import assert from "node:assert/strict";
import { UsageError } from "../../core/runtime/errors.ts";
import { placeRuns, repeatedSeeds, valuesOf } from "../../reports/groups.ts";
import type { Run } from "../../reports/run.ts";

function run(
  name: string,
  { seed, folder = `output/${name}_${seed}`, AP = 0.5, ...config }: {
    seed?: number;
    folder?: string;
    AP?: number;
    DLA?: boolean;
    DSL?: boolean;
    LR?: number;
  },
): Run {
  const { LR = 1, ...dynamic } = config;
  return {
    name,
    folder,
    config: { MODEL: { DYNAMIC_RCNN: dynamic }, SOLVER: { LR }, SEED: seed, OUTPUT_DIR: folder },
    environment: {},
    metrics: [],
    inference: [{
      dataset: "val",
      figures: { AP, AP50: -1 },
      perClass: [],
      images: 4,
      curves: undefined,
      notes: [],
      predictionsFile: "",
    }],
    problems: [],
  };
}

const DYNAMIC = { DLA: true, DSL: true };
const FIXED = { DLA: false, DSL: false };

Deno.test("placeRuns() groups seeds of a configuration, whatever their folders", () => {
  const { groups, runs } = placeRuns([
    run("a", { seed: 3, ...DYNAMIC }),
    run("b", { seed: 1, ...FIXED }),
    run("a", { seed: 1, folder: "elsewhere/x", ...DYNAMIC }),
  ]);
  assert.deepEqual(groups.map((g) => [g.label, g.isBaseline, g.color]), [
    ["b", true, 0],
    ["a", false, 1],
  ]);
  assert.deepEqual(runs.map((r) => r.label), ["b", "a, seed 1", "a, seed 3"]);
  assert.deepEqual(runs.map((r) => [r.index, r.group]), [[0, 0], [1, 1], [2, 1]]);
});

Deno.test("placeRuns() tells configurations of one experiment apart by what differs", () => {
  const { groups } = placeRuns([
    run("a", { seed: 1, ...DYNAMIC }),
    run("a", { seed: 1, ...DYNAMIC, LR: 2 }),
  ]);
  assert.deepEqual(groups.map((g) => g.label), ["a, LR 1", "a, LR 2"]);
});

Deno.test("placeRuns() calls an ablation's variants by the names of their folders", () => {
  const of = (variant: string, seed: number, options: { DLA: boolean; DSL: boolean }) =>
    run("a", { seed, folder: `output/a/ablation/${variant}_seed${seed}`, ...options });
  const both = { DLA: true, DSL: true }, none = { DLA: false, DSL: false };
  const variants = [of("both", 1, both), of("baseline", 1, none), of("both", 2, both)];
  const { groups, runs } = placeRuns(variants);
  assert.deepEqual(groups.map((g) => g.label), ["baseline", "both"]);
  assert.deepEqual(runs.map((r) => r.label), ["baseline", "both, seed 1", "both, seed 2"]);
  // One folder of another name, and all are told apart by their keys.
  const mixed = placeRuns([...variants, run("a", { seed: 1, DLA: true, DSL: false })]);
  assert.ok(mixed.groups.every(({ label }) => label.startsWith("a, DLA")), mixed.groups[0]?.label);
});

Deno.test("placeRuns() takes the baseline asked for, by name or folder, and refuses strangers", () => {
  const given = [run("a", { seed: 1, ...DYNAMIC }), run("b", { seed: 1, ...FIXED })];
  const baseline = (name?: string) => placeRuns(given, name).groups[0]?.label;
  assert.equal(baseline(), "b");
  assert.equal(baseline("a"), "a");
  assert.equal(baseline("output/a_1"), "a");
  assert.throws(
    () => baseline("c"),
    (error) =>
      error instanceof UsageError && /baseline c is none of the runs.*a, b/.test(error.message),
  );
});

Deno.test("placeRuns() makes no baseline of a single configuration", () => {
  const { groups } = placeRuns([run("a", { seed: 1 }), run("a", { seed: 2 })]);
  assert.deepEqual(groups.map((g) => [g.isBaseline, g.color, g.runs.length]), [[false, 1, 2]]);
});

Deno.test("placeRuns() keeps runs without a configuration apart", () => {
  const bare = (folder: string): Run => ({ ...run("x", { folder }), config: {} });
  assert.equal(placeRuns([bare("p"), bare("q")]).groups.length, 2);
});

Deno.test("a seed that is there twice counts once, and is told", () => {
  const { groups } = placeRuns([
    run("a", { seed: 1, AP: 0.5, ...DYNAMIC }),
    run("a", { seed: 1, folder: "again", AP: 0.6, ...DYNAMIC }),
    run("a", { seed: 2, AP: 0.7, ...DYNAMIC }),
  ]);
  const [group] = groups;
  assert.ok(group);
  assert.deepEqual(valuesOf(group, { dataset: "val", figure: "AP" }), [
    { seed: 1, value: 0.5 },
    { seed: 2, value: 0.7 },
  ]);
  assert.deepEqual(valuesOf(group, { dataset: "val", figure: "AP50" }), []);
  assert.match(repeatedSeeds(groups).join(), /a has 2 runs of seed 1 .*only the first counts/);
});
