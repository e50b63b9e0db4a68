/** What the classes of an experiment are called, with or without its data at hand. @module */
import { cocoCategories, type CocoCategory, readCategories } from "../data/mod.ts";
import type { Config } from "../train/config.ts";
import { projectPath } from "../train/run_folder.ts";

/** Categories, and where they are from. */
export interface ClassNames {
  readonly categories: readonly CocoCategory[];
  readonly annFile: string;
}

/**
 * The categories of the experiment's annotation files, testing's first. Where none is there: COCO's for a
 * model of COCO's number of classes, else `class 1` and so on.
 * @throws DataError for an annotation file that is there and broken.
 */
export async function classNames({ DATASETS, DATALOADER, MODEL }: Config): Promise<ClassNames> {
  for (const spec of [...Object.values(DATASETS.TEST), ...Object.values(DATASETS.TRAIN)]) {
    const annFile = projectPath(spec.ann_file);
    if (await isThere(annFile)) return { categories: await readCategories(annFile), annFile };
  }
  const classes = MODEL.ROI_BOX_HEAD.NUM_CLASSES - 1;
  const coco = cocoCategories();
  const cocoClasses = DATALOADER.LABELS === "ids" ? coco.at(-1)!.id : coco.length;
  if (classes === cocoClasses) return { categories: coco, annFile: "COCO" };
  const categories = Array.from({ length: classes }, (_, i) => ({
    id: i + 1,
    name: `class ${i + 1}`,
  }));
  return { categories, annFile: "the model" };
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isFile }) => isFile, () => false);
}
