/** Checkpoints that are damaged, or cut off by a kill, are found out and never loaded. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { constant } from "../../../core/nn/initial.ts";
import { ModelState } from "../../../core/nn/state.ts";
import { CpuDevice } from "../../../core/runtime/cpu/device.ts";
import { DataError, UsageError } from "../../../core/runtime/errors.ts";
import {
  lastCheckpoint,
  readCheckpoint,
  requireModel,
  saveCheckpoint,
  sweepTemporaries,
  trainingStateOf,
} from "../../../core/train/checkpoint.ts";
import { findResumePoint, savedCheckpoints } from "../../../core/train/find_checkpoint.ts";
import { type RunFolder, runFolderAt } from "../../../core/train/run_folder.ts";
import { random } from "../../_support/random.ts";

const SAVE_FOREVER = fileURLToPath(new URL("../../_support/save_forever.ts", import.meta.url));

async function withFolder(body: (folder: RunFolder) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    await body(runFolderAt(root));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

function smallModel(names: readonly string[] = ["fc6.weight", "fc6.bias"]): ModelState {
  const model = new ModelState(new CpuDevice(), 1);
  for (const name of names) model.declare(name, { shape: [3], initial: constant(0.5) });
  return model;
}

function save(folder: RunFolder, iteration: number): Promise<string> {
  const read = () => Promise.resolve(Float32Array.of(1, 2, 3));
  return saveCheckpoint(folder, {
    model: smallModel(),
    momentum: { sources: () => [{ name: "fc6.weight", shape: [3], read }], load: () => {} },
  }, { iteration, seed: 1, dynamic: { iou: 0.5, beta: 1, ious: [0.25], errors: [] } });
}

Deno.test("a checkpoint with any one bit flipped is refused, or is what it was", () =>
  withFolder(async (folder) => {
    const path = await save(folder, 2500);
    const { tensors, metadata } = await readCheckpoint(path);
    const whole = await Deno.readFile(path);
    const next = random(7);
    let refused = 0;
    for (let i = 0; i < whole.length; i++) {
      const damaged = whole.slice();
      damaged[i]! ^= 1 << next.integer(8);
      await Deno.writeFile(path, damaged);
      try {
        const file = await readCheckpoint(path);
        assert.deepEqual(file.tensors, tensors);
        assert.deepEqual(file.metadata.training, metadata.training);
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        assert.ok(error.message.includes(path), error.message);
        refused++;
      }
    }
    assert.ok(refused > whole.length * 0.9, `${refused} of ${whole.length} refused`);
  }));

Deno.test("a flipped bit, a cut and an empty file are told by tensor or as what they are", () =>
  withFolder(async (folder) => {
    const path = await save(folder, 1);
    const whole = await Deno.readFile(path);
    const flipped = whole.slice();
    flipped[whole.length - 1]! ^= 0x40;
    const cases: [Uint8Array, RegExp][] = [
      [flipped, /damaged: the numbers of optimizer\.momentum\.fc6\.weight are not those/],
      [whole.subarray(0, whole.length - 3), /optimizer\.momentum\.fc6\.weight/],
      [new Uint8Array(0), /empty/],
    ];
    for (const [bytes, sentence] of cases) {
      await Deno.writeFile(path, bytes);
      await assert.rejects(readCheckpoint(path), (error) => {
        assert.ok(error instanceof DataError);
        assert.match(error.message, sentence);
        return true;
      });
    }
  }));

Deno.test("a checkpoint of before there were checksums loads", () =>
  withFolder(async (folder) => {
    const path = await save(folder, 3);
    const { tensors } = await readCheckpoint(path);
    const bytes = await Deno.readFile(path);
    // The key renamed in place: to whoever reads it there are none.
    const [key, other] = ["checksums", "otherkeys"].map((name) => new TextEncoder().encode(name));
    const at = bytes.findIndex((_, i) => key!.every((byte, k) => bytes[i + k] === byte));
    bytes.set(other!, at);
    await Deno.writeFile(path, bytes);
    const file = await readCheckpoint(path);
    assert.equal(trainingStateOf(file).iteration, 3);
    assert.deepEqual(file.tensors, tensors);
  }));

Deno.test("resuming passes over damaged checkpoints only when told to, and names them", () =>
  withFolder(async (folder) => {
    assert.deepEqual(await findResumePoint(folder, "auto"), { faults: [] });
    const [first, second, third] = [
      await save(folder, 1),
      await save(folder, 2),
      await save(folder, 3),
    ];
    assert.deepEqual(await findResumePoint(folder, "auto"), { path: third, faults: [] });
    await Deno.writeFile(third, (await Deno.readFile(third)).subarray(0, 300));
    await Deno.writeFile(second, new Uint8Array(0));
    assert.equal((await findResumePoint(folder, "strict")).path, third);
    const { path, faults } = await findResumePoint(folder, "auto");
    assert.equal(path, first);
    assert.equal(faults.length, 2);
    assert.ok(faults[0]!.includes(third) && faults[1]!.includes(second));
    // Also where the link leads nowhere.
    await Deno.remove(third);
    assert.equal((await findResumePoint(folder, "auto")).path, first);
    await Deno.writeFile(first, new Uint8Array(9));
    await assert.rejects(findResumePoint(folder, "auto"), /can be gone on from; start over/);
  }));

Deno.test("resuming needs the very model: one with fewer or more tensors is another", () =>
  withFolder(async (folder) => {
    const file = await readCheckpoint(await save(folder, 1));
    requireModel(smallModel(), file);
    const deeper = smallModel(["fc6.weight", "fc6.bias", "fc7.bias"]);
    assert.throws(() => requireModel(deeper, file), UsageError);
    assert.throws(() => requireModel(smallModel(["fc6.weight"]), file), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, /holds fc6\.bias, which this experiment's model has not/);
      return true;
    });
  }));

Deno.test("20 times killed while saving, there is always a whole checkpoint, and leftovers go", () =>
  withFolder(async (folder) => {
    const next = random(11);
    let leftovers = 0;
    for (let kill = 0; kill < 20; kill++) {
      const child = new Deno.Command("deno", {
        args: ["run", "--no-check", "--allow-all", SAVE_FOREVER, folder.root],
        stdout: "piped",
        stderr: "null",
      }).spawn();
      const reader = child.stdout.getReader();
      await reader.read();
      await new Promise((resolve) => setTimeout(resolve, next.integer(25)));
      child.kill("SIGKILL");
      await child.status;
      await reader.cancel();
      const path = await lastCheckpoint(folder);
      assert.ok(path !== undefined);
      const file = await readCheckpoint(path);
      const { iteration } = trainingStateOf(file);
      for (const { data } of file.tensors.values()) assert.equal(data[data.length - 1], iteration);
      leftovers += [...Deno.readDirSync(folder.checkpoints)]
        .filter(({ name }) => name.includes(".tmp-")).length;
      await sweepTemporaries(folder);
      for (const { path } of await savedCheckpoints(folder)) await readCheckpoint(path);
      for (const { name } of Deno.readDirSync(folder.checkpoints)) {
        assert.doesNotMatch(name, /\.tmp-/);
        await Deno.remove(join(folder.checkpoints, name));
      }
    }
    assert.ok(leftovers > 0, "no kill hit a save");
  }));
