import assert from "node:assert/strict";
import { join } from "node:path";
import { DataError, UsageError } from "../../../core/runtime/errors.ts";
import { defaults, defineExperiment } from "../../../core/train/config.ts";
import { collectEnvironment } from "../../../core/train/run_environment.ts";
import {
  checkpointPath,
  findLastRun,
  inferenceFolder,
  PROJECT_ROOT,
  readRunRecord,
  runFolderAt,
  runFolderOf,
  writeRunRecord,
  writeTextAtomically,
} from "../../../core/train/run_folder.ts";

async function inTempFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const device = { adapter: "loops", device: "cpu", seed: 3, command: "train x" } as const;

Deno.test("a run lies under output at the experiment's own path", () => {
  const folder = runFolderOf("mine/first", defaults);
  assert.equal(folder.root, join(PROJECT_ROOT, "output", "mine", "first"));
  assert.equal(
    checkpointPath(folder, 2500),
    join(folder.root, "checkpoints", "model_0002500.safetensors"),
  );
  assert.equal(
    inferenceFolder(folder, "digits_val").predictions,
    join(folder.root, "inference", "digits_val", "predictions.json"),
  );
});

Deno.test("OUTPUT_DIR moves a run, from the project's folder or absolutely", () => {
  const relative = defineExperiment({ OUTPUT_DIR: "elsewhere/run" });
  assert.equal(runFolderOf("x", relative).root, join(PROJECT_ROOT, "elsewhere", "run"));
  const absolute = defineExperiment({ OUTPUT_DIR: join(PROJECT_ROOT, "..", "run") });
  assert.equal(runFolderOf("x", absolute).root, join(PROJECT_ROOT, "..", "run"));
});

Deno.test("a run's record is read back as it was written", () =>
  inTempFolder(async (root) => {
    const folder = runFolderAt(join(root, "a"));
    assert.equal(await readRunRecord(folder), undefined);
    const environment = await collectEnvironment(device);
    await writeRunRecord(folder, { experiment: "a", config: defaults, environment });
    assert.deepEqual(await readRunRecord(folder), {
      experiment: "a",
      config: defaults,
      environment,
    });
    assert.deepEqual([...Deno.readDirSync(folder.root)].map((entry) => entry.name), [
      "config.json",
    ]);
  }));

Deno.test("a record that is broken or of other keys is refused by name", () =>
  inTempFolder(async (root) => {
    const folder = runFolderAt(root);
    for (const text of ["", "{", "[]", "{}", '{"experiment": 1}']) {
      await Deno.writeTextFile(folder.config, text);
      await assert.rejects(readRunRecord(folder), (error) => {
        assert.ok(error instanceof DataError);
        assert.ok(error.message.includes(folder.config));
        return true;
      });
    }
    await Deno.writeTextFile(
      folder.config,
      JSON.stringify({ experiment: "a", config: { ...defaults, SEEDS: 1 }, environment: {} }),
    );
    await assert.rejects(readRunRecord(folder), UsageError);
  }));

Deno.test("a write that fails leaves the old file and no temporary one", () =>
  inTempFolder(async (root) => {
    const path = join(root, "file");
    await Deno.mkdir(path);
    await assert.rejects(writeTextAtomically(path, "text"));
    assert.deepEqual([...Deno.readDirSync(root)].map((entry) => entry.name), ["file"]);
    await writeTextAtomically(join(root, "other"), "one");
    await writeTextAtomically(join(root, "other"), "two");
    assert.equal(await Deno.readTextFile(join(root, "other")), "two");
  }));

Deno.test("findLastRun() goes by the newest metrics, whatever the depth", () =>
  inTempFolder(async (root) => {
    assert.equal(await findLastRun(root), undefined);
    assert.equal(await findLastRun(join(root, "missing")), undefined);
    const environment = await collectEnvironment(device);
    const [older, newer] = [runFolderAt(join(root, "z")), runFolderAt(join(root, "deep", "a"))];
    for (const [index, folder] of [older, newer].entries()) {
      await writeRunRecord(folder, { experiment: "e", config: defaults, environment });
      await Deno.writeTextFile(folder.metrics, "");
      await Deno.utime(folder.metrics, 1000 + index, 1000 + index);
    }
    assert.equal((await findLastRun(root))?.root, newer.root);
  }));

Deno.test("the environment names what a result depends on", async () => {
  const environment = await collectEnvironment(device);
  assert.equal(environment.deno, Deno.version.deno);
  assert.equal(environment.seed, 3);
  assert.ok(environment.commit === null || /^[0-9a-f]{40}(-dirty)?$/.test(environment.commit));
  assert.ok(!Number.isNaN(Date.parse(environment.date)));
});
