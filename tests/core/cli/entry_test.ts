/** The commands as a user starts them, in processes of their own. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { PROJECT_ROOT } from "../../../core/train/run_folder.ts";

const MAIN = join(PROJECT_ROOT, "core", "cli", "main.ts");
const EXPERIMENTS = join(PROJECT_ROOT, "experiments");

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function start(args: string[], cwd: string): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command("deno", {
    args: ["run", "--allow-read", "--allow-env", "--allow-sys", "--allow-ffi", ...args],
    env: { INIT_CWD: cwd, NO_COLOR: "1" },
    cwd: PROJECT_ROOT,
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

Deno.test("a command loads the experiment whose folder the user stands in", async () => {
  const folder = join(EXPERIMENTS, "bccd");
  const ended = await start([MAIN, "data", "check", "--set", "SOLVER.MAX_ITR=3"], folder);
  assert.match(
    ended.err,
    /^error: --set SOLVER\.MAX_ITR: unknown key \(did you mean SOLVER\.MAX_ITER/,
  );
  assert.equal(ended.code, 2);
  assert.equal(ended.out, "");
});

Deno.test("a data set that is not there is named, with exit code 3", async () => {
  const set = (key: string) => ["--set", `DATASETS.TEST.bccd_val.${key}=no-such-place`];
  const args = [MAIN, "data", "check", "bccd", "--set", "DATASETS.TRAIN={}", "--json"];
  const ended = await start([...args, ...set("img_dir"), ...set("ann_file")], EXPERIMENTS);
  assert.match(ended.err, /^error: .*no-such-place/);
  assert.doesNotMatch(ended.err, /\n {4}at /);
  assert.equal(ended.code, 3);
  assert.equal(ended.out, "");
});

Deno.test("an experiment's own file launches its run", async () => {
  const file = join(EXPERIMENTS, "quickstart_dla", "config.ts");
  const ended = await start([file, "--set", "SEED=many"], PROJECT_ROOT);
  assert.equal(ended.code, 2);
  assert.match(ended.err, /^error: /);
});
