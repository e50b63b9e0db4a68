import assert from "node:assert/strict";
import { findExperiment, listExperiments, loadExperiment } from "../../core/cli/find_experiment.ts";
import { linkLog } from "../../core/cli/launch.ts";
import { type Config, defaults } from "../../core/train/config.ts";
import { PROJECT_ROOT, projectPath } from "../../core/train/run_folder.ts";
import { dirname, join } from "node:path";
import { DIFFERENCES, R50_FPN_1X } from "./original_figures.ts";

async function load(id: string): Promise<Config> {
  return await loadExperiment(await findExperiment(id, { cwd: PROJECT_ROOT }));
}

Deno.test("every experiment loads, says what it is, and launches its own run", async () => {
  const ids = await listExperiments();
  assert.ok(ids.includes("quickstart") && ids.includes("r50_fpn_1x"), ids.join());
  for (const id of ids) {
    const config = await load(id);
    assert.ok(Object.isFrozen(config), id);
    const folder = projectPath(join("experiments", id));
    assert.match(await Deno.readTextFile(join(folder, "README.md")), /^# /, id);
    assert.match(
      await Deno.readTextFile(join(folder, "config.ts")),
      /if \(import\.meta\.main\) await launch\(import\.meta\);\n$/,
      id,
    );
  }
});

/** The leaves of a configuration under their dotted keys; lists are leaves. */
function figuresOf(value: unknown, path = ""): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { [path]: value };
  return Object.assign(
    {},
    ...Object.entries(value).map(([key, inner]) =>
      figuresOf(inner, path === "" ? key : `${path}.${key}`)
    ),
  );
}

for (const [id, differences] of Object.entries(DIFFERENCES)) {
  Deno.test(`${id} is the original's configuration, figure for figure`, async () => {
    const expected = { ...R50_FPN_1X, ...differences };
    const actual = figuresOf(await load(id));
    for (const [key, figure] of Object.entries(expected)) {
      assert.deepEqual(actual[key], figure, key);
    }
    // Keys that are ours alone do the same in all six.
    const ours = Object.entries(figuresOf(defaults)).filter(([key]) => !(key in expected));
    assert.ok(ours.length > 0);
    assert.deepEqual(actual, { ...expected, ...Object.fromEntries(ours) });
  });
}

Deno.test("an ablation differs from its experiment in DLA and DSL alone", async () => {
  const cases = [
    ["faster_rcnn_r50_fpn_1x", "r50_fpn_1x", false, false],
    ["dla_r50_fpn_1x", "r50_fpn_1x", true, false],
    ["dsl_r50_fpn_1x", "r50_fpn_1x", false, true],
    ["quickstart_baseline", "quickstart", false, false],
    ["quickstart_dla", "quickstart", true, false],
    ["quickstart_dsl", "quickstart", false, true],
  ] as const;
  for (const [id, base, DLA, DSL] of cases) {
    const expected = structuredClone(await load(base));
    Object.assign(expected.MODEL.DYNAMIC_RCNN, { DLA, DSL });
    assert.deepEqual(await load(id), expected, id);
  }
});

Deno.test("the small experiments look past the ground truth in both statistics", async () => {
  // With no more than the images' boxes, K_I would read IoU 1 and K_E error 0 (semantics.md).
  for (const [id, mostBoxes] of [["quickstart", 7], ["bccd", 28]] as const) {
    const { KI, KE } = (await load(id)).MODEL.DYNAMIC_RCNN;
    assert.ok(KI > mostBoxes && KE > mostBoxes, `${id}: KI ${KI}, KE ${KE}`);
  }
});

Deno.test("linkLog() links the run's folder, again and again, but replaces no folder", async () => {
  const root = await Deno.realPath(await Deno.makeTempDir());
  try {
    const folder = join(root, "mine");
    const output = join(root, "run");
    await Deno.mkdir(folder);
    const config = new URL(`file://${projectPath("core/train/config.ts")}`).href;
    await Deno.writeTextFile(
      join(folder, "config.ts"),
      `import { defineExperiment } from "${config}";
       export default defineExperiment({ OUTPUT_DIR: ${JSON.stringify(output)} });`,
    );
    for (let time = 0; time < 2; time++) {
      const link = await linkLog(folder);
      assert.equal(await Deno.realPath(link), output);
      assert.equal(dirname(link), folder);
    }
    await Deno.remove(join(folder, "log"));
    await Deno.mkdir(join(folder, "log"));
    await assert.rejects(linkLog(folder), /is there and no link/);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
