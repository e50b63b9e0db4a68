/** Launching from an experiment's own file, in a process of its own. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT_ROOT } from "../../../core/train/run_folder.ts";

/** Runs `config.ts` of a new experiment that writes to `output`, with arguments. */
async function runConfig(root: string, args: readonly string[]) {
  const folder = join(root, "mine"), file = join(folder, "config.ts");
  await Deno.mkdir(folder, { recursive: true });
  const core = new URL(`file://${PROJECT_ROOT}/core/`).href;
  await Deno.writeTextFile(
    file,
    `import { launch } from "${core}cli/launch.ts";
     import { defineExperiment } from "${core}train/config.ts";
     export default defineExperiment({ OUTPUT_DIR: ${JSON.stringify(join(root, "run"))} });
     if (import.meta.main) await launch(import.meta);`,
  );
  const { code, stdout, stderr } = await new Deno.Command("deno", {
    args: ["run", "-A", "--no-check", "--config", join(PROJECT_ROOT, "deno.json"), file, ...args],
    cwd: root,
  }).output();
  const decoder = new TextDecoder();
  return { folder, code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test("config.ts -log links the run's folder, which it makes, and trains nothing", async () => {
  const root = await Deno.realPath(await Deno.makeTempDir());
  try {
    const { folder, code, stdout, stderr } = await runConfig(root, ["-log"]);
    assert.equal(code, 0, stderr);
    assert.equal(stdout.trim(), join(folder, "log"));
    assert.equal(await Deno.realPath(join(folder, "log")), join(root, "run"));
    assert.deepEqual([...Deno.readDirSync(join(root, "run"))], []);
    const refused = await runConfig(root, ["-lgo"]);
    assert.equal(refused.code, 2, "anything else goes to train");
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
