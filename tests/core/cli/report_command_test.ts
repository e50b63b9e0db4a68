import assert from "node:assert/strict";
import { join } from "node:path";
import { makeContext } from "../../../core/cli/context.ts";
import { reportCommand } from "../../../core/cli/report_command.ts";
import { UserError } from "../../../core/runtime/errors.ts";
import { defaults } from "../../../core/train/config.ts";
import { collectEnvironment } from "../../../core/train/run_environment.ts";
import { runFolderAt, writeRunRecord } from "../../../core/train/run_folder.ts";

const COMMON = { sets: [], json: false, debug: false } as const;

function contextIn(cwd: string) {
  const out: string[] = [];
  const surroundings = { cwd, stdout: (text: string) => out.push(text), stderr: () => {} };
  return { out, context: makeContext(surroundings, { json: false, commandLine: "" }) };
}

Deno.test("report takes run folders as the user sees them, and writes beside the first", async () => {
  const cwd = await Deno.realPath(await Deno.makeTempDir());
  try {
    const device = { adapter: "loops", device: "cpu", seed: 0, command: "" } as const;
    const environment = await collectEnvironment(device);
    const run = runFolderAt(join(cwd, "a"));
    await writeRunRecord(run, { experiment: "mine", config: defaults, environment });
    const { out, context } = contextIn(cwd);
    await reportCommand({ ...COMMON, runs: ["a"] }, context);
    assert.deepEqual(out, [run.report]);
    assert.match(await Deno.readTextFile(run.report), /mine/);
    await reportCommand({ ...COMMON, runs: ["a", "./a"], out: "both.html" }, context);
    assert.equal(out[1], join(cwd, "both.html"));
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});

Deno.test("report holds runs against the baseline asked for, a folder or an experiment", async () => {
  const cwd = await Deno.realPath(await Deno.makeTempDir());
  try {
    const device = { adapter: "loops", device: "cpu", seed: 0, command: "" } as const;
    const environment = await collectEnvironment(device);
    for (const [folder, experiment, KI] of [["a", "mine", 1], ["b", "quickstart", 2]] as const) {
      const { MODEL } = defaults;
      const config = {
        ...defaults,
        MODEL: { ...MODEL, DYNAMIC_RCNN: { ...MODEL.DYNAMIC_RCNN, KI } },
      };
      await writeRunRecord(runFolderAt(join(cwd, folder)), { experiment, config, environment });
    }
    const { context } = contextIn(cwd);
    for (
      const [baseline, label] of [["b", "quickstart"], ["a", "mine"], ["quickstart", "quickstart"]]
    ) {
      await reportCommand({ ...COMMON, runs: ["a", "b"], out: "r.html", baseline }, context);
      const page = await Deno.readTextFile(join(cwd, "r.html"));
      assert.match(page, new RegExp(`<span>${label}</span></span> <span class="tag">baseline<`));
    }
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});

Deno.test("report refuses what is neither a run nor an experiment, by name", async () => {
  const cwd = await Deno.makeTempDir();
  try {
    const { context } = contextIn(cwd);
    await assert.rejects(reportCommand({ ...COMMON, runs: ["quikstart"] }, context), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /quikstart \(did you mean quickstart\?\)/);
      return true;
    });
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});
