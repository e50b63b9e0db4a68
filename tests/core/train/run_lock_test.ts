/** Fault 31: two runs in one folder. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { UsageError } from "../../../core/runtime/errors.ts";
import { runFolderAt } from "../../../core/train/run_folder.ts";
import { isBeingTrained, RunLock } from "../../../core/train/run_lock.ts";
import { resultOf, setArguments, startCommand, untilHolds } from "../../_support/command.ts";
import { withTinyRun } from "../../_support/tiny_run.ts";

Deno.test("RunLock keeps a folder for one, and names its process", async () => {
  const root = await Deno.makeTempDir();
  try {
    const folder = runFolderAt(join(root, "run"));
    assert.equal(await isBeingTrained(folder), false);
    {
      using _lock = await RunLock.take(folder);
      assert.equal(await isBeingTrained(folder), true);
      await assert.rejects(
        RunLock.take(folder),
        (error) => error instanceof UsageError && error.message.includes(`Process ${Deno.pid} is`),
      );
    }
    assert.equal(await isBeingTrained(folder), false);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(folder.root)), []);
    {
      using _again = await RunLock.take(folder);
      await Deno.remove(folder.root, { recursive: true });
    }
    assert.equal(await isBeingTrained(folder), false);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("a second run in a folder is refused with 2, and one after a killed run is not", async () => {
  await withTinyRun(async (run) => {
    const long = ["SOLVER.MAX_ITER=100000", "SOLVER.STEPS=[]", "SOLVER.CHECKPOINT_PERIOD=100000"];
    const first = startCommand(run.arguments("train", setArguments(long)));
    await untilHolds(first, () => isBeingTrained(run.folder));
    const second = await run.run("train", ...setArguments(long));
    first.kill("SIGKILL");
    await resultOf(first);
    assert.equal(second.code, 2, second.stderr);
    assert.match(second.stderr, new RegExp(`Process ${first.pid} is training in .*OUTPUT_DIR`));
    const short = ["SOLVER.MAX_ITER=1", "SOLVER.STEPS=[]"];
    const third = await run.run("train", "--fresh", ...setArguments(short));
    assert.equal(third.code, 0, third.stderr);
  });
});
