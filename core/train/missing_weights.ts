/** What to say where the file of initial weights is not there. @module */
import { basename } from "node:path";
import { DataError } from "../runtime/errors.ts";

/** Detectron's files that the original's experiments start from, and their names in its model zoo. */
const DETECTRON_FILES: ReadonlyMap<string, string> = new Map([
  ["R-50.pkl", "R-50"],
  ["R-101.pkl", "R-101"],
]);

/**
 * Does nothing where MODEL.WEIGHT's file is there; what else may be wrong with it, its reader says.
 * @param path absolute
 * @throws DataError that says where the file comes from and how to do without it.
 */
export async function requireWeightFile(path: string): Promise<void> {
  try {
    await Deno.stat(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) return;
    throw new DataError(
      `There is no ${path}, which MODEL.WEIGHT names: ${
        origin(basename(path))
      }, or start from random weights with --set MODEL.WEIGHT=.`,
    );
  }
}

function origin(name: string): string {
  const model = DETECTRON_FILES.get(name);
  return model === undefined
    ? "put it there, name another file with --set MODEL.WEIGHT=FILE"
    : `put Detectron's ImageNet ${model} there (the file ${name} of "ImageNet Pretrained Models" in MODEL_ZOO.md of facebookresearch/Detectron)`;
}
