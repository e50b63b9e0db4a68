/**
 * Saves one checkpoint after the other into the run folder that is its argument, until it is killed:
 * every number of iteration i is i. Says so on stdout when the first one is there.
 */
import { ModelState } from "../../core/nn/state.ts";
import { constant } from "../../core/nn/initial.ts";
import { CpuDevice } from "../../core/runtime/cpu/device.ts";
import { saveCheckpoint } from "../../core/train/checkpoint.ts";
import { runFolderAt } from "../../core/train/run_folder.ts";

/** Large enough that a save takes milliseconds, most of them in writing. */
const SHAPE = [512, 1024];

if (import.meta.main) await saveForever(Deno.args[0]!);

async function saveForever(root: string): Promise<void> {
  const model = new ModelState(new CpuDevice(), 1);
  for (const name of ["a", "b"]) model.declare(name, { shape: SHAPE, initial: constant(0) });
  for (let iteration = 1;; iteration++) {
    const data = constant(iteration)(SHAPE, () => 0);
    for (const name of ["a", "b"]) model.load(name, { shape: SHAPE, data });
    const momentum = {
      sources: () => [{ name: "a", shape: SHAPE, read: () => Promise.resolve(data) }],
      load: () => {},
    };
    const dynamic = { iou: 0.5, beta: 1, ious: [], errors: [] };
    await saveCheckpoint(runFolderAt(root), { model, momentum }, { iteration, seed: 1, dynamic });
    if (iteration === 1) console.log("saved");
  }
}
