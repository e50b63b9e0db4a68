import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  experimentAt,
  findExperiment,
  listExperiments,
  loadExperiment,
  openExperiment,
} from "../../../core/cli/find_experiment.ts";
import { UsageError } from "../../../core/runtime/errors.ts";
import { PROJECT_ROOT } from "../../../core/train/run_folder.ts";

const CONFIG_MODULE = pathToFileURL(join(PROJECT_ROOT, "core", "train", "config.ts")).href;
const GOOD = `import { defineExperiment } from "${CONFIG_MODULE}";
export default defineExperiment({ SEED: 7 });`;

/** A project folder with experiments `one`, `deep/two` and the shared `_base`. */
async function inProject(
  test: (project: { root: string; experiments: string }) => Promise<void>,
): Promise<void> {
  const root = await Deno.realPath(await Deno.makeTempDir());
  const experiments = join(root, "experiments");
  try {
    for (const id of ["one", "deep/two", "_base"]) {
      await Deno.mkdir(join(experiments, id), { recursive: true });
      await Deno.writeTextFile(join(experiments, id, "config.ts"), GOOD);
    }
    await Deno.mkdir(join(experiments, "empty"));
    await test({ root, experiments });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("listExperiments() finds them at any depth, without the shared pieces", () =>
  inProject(async ({ experiments }) => {
    assert.deepEqual(await listExperiments(experiments), ["deep/two", "one"]);
  }));

Deno.test("findExperiment() takes a name, a folder, a file, or where the user stands", () =>
  inProject(async ({ root, experiments }) => {
    const two = join(experiments, "deep", "two");
    const cases: [string | undefined, string, string][] = [
      ["one", root, "one"],
      ["deep/two", root, "deep/two"],
      ["experiments/one", root, "one"],
      ["experiments/one/", root, "one"],
      ["experiments/one", join(root, "elsewhere"), "one"],
      ["../one/config.ts", join(experiments, "deep").replace(/deep$/, "one"), "one"],
      [two, root, "deep/two"],
      ["two", join(experiments, "deep"), "deep/two"],
      [undefined, two, "deep/two"],
      [".", two, "deep/two"],
    ];
    for (const [name, cwd, id] of cases) {
      const found = await findExperiment(name, { cwd, experiments });
      assert.equal(found.id, id, `${name} from ${cwd}`);
    }
  }));

Deno.test("an experiment outside of the project is called by its folder", () =>
  inProject(async ({ root, experiments }) => {
    const mine = join(root, "mine");
    await Deno.mkdir(mine);
    await Deno.writeTextFile(join(mine, "config.ts"), GOOD);
    assert.equal((await experimentAt(mine, { experiments }))?.id, "mine");
    assert.equal(await experimentAt(root, { experiments }), undefined);
  }));

Deno.test("an unknown name is answered with the nearest and the list", () =>
  inProject(async ({ root, experiments }) => {
    await assert.rejects(findExperiment("ons", { cwd: root, experiments }), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, /No experiment ons \(did you mean one\?\)/);
      assert.match(error.message, /There are: deep\/two, one\./);
      return true;
    });
    await assert.rejects(findExperiment(undefined, { cwd: root, experiments }), {
      name: "UsageError",
      message: "Which experiment? There are: deep/two, one.",
    });
    await assert.rejects(findExperiment("empty", { cwd: root, experiments }), UsageError);
  }));

Deno.test("openExperiment() puts --set and --seed in force", () =>
  inProject(async ({ root, experiments }) => {
    const options = { experiment: "one", sets: ["SOLVER.MAX_ITER=3", "MODEL.WEIGHT=w.pth"] };
    const { config, id } = await openExperiment(options, { cwd: root, experiments });
    assert.equal(id, "one");
    assert.equal(config.SEED, 7);
    assert.equal(config.SOLVER.MAX_ITER, 3);
    assert.equal(config.MODEL.WEIGHT, join(root, "w.pth"));
    const seeded = await openExperiment({ ...options, seed: 9 }, { cwd: root, experiments });
    assert.equal(seeded.config.SEED, 9);
  }));

Deno.test("a config.ts that does not load, or exports something else, is named", () =>
  inProject(async ({ root, experiments }) => {
    const bad: [string, RegExp][] = [
      ["export default {", /does not load/],
      ["export const config = 1;", /export default defineExperiment/],
      ["export default { SEED: 1 };", /is missing/],
      [GOOD.replace("7", "-1"), /SEED: expected a whole number from 0/],
    ];
    for (const [index, [source, expected]] of bad.entries()) {
      const folder = join(experiments, `bad${index}`);
      await Deno.mkdir(folder);
      await Deno.writeTextFile(join(folder, "config.ts"), source);
      const found = await findExperiment(folder, { cwd: root, experiments });
      await assert.rejects(loadExperiment(found), (error) => {
        assert.ok(error instanceof UsageError);
        assert.match(error.message, expected);
        return true;
      });
    }
  }));
