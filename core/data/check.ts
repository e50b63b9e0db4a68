/**
 * The data check: looks at every image and every entry of a data set and names all that is wrong.
 * Changes nothing.
 * @module
 */

import { DataError } from "../runtime/errors.ts";
import { type CocoDataset, type DatasetSpec, loadCocoDataset } from "./coco_dataset.ts";
import { type Fault, FAULT_KINDS } from "./coco_faults.ts";
import { decodeImage } from "./image.ts";

const DEFAULT_WORKERS = 4;

/** How a check is run. */
export interface CheckOptions {
  /** Images decoded at a time; 4 by default. */
  readonly workers?: number;
  /** Told after every image: how many are decoded, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** One class of a checked set. */
export interface CategoryCount {
  readonly id: number;
  readonly name: string;
  /** Boxes that are trained on. */
  readonly boxes: number;
  readonly crowds: number;
}

/** What a check found. */
export interface CheckReport {
  readonly spec: DatasetSpec;
  readonly images: number;
  readonly annotations: number;
  /** Images without a box to train on; allowed, they are left out of training. */
  readonly imagesWithoutBoxes: number;
  readonly categories: readonly CategoryCount[];
  /** Images that do not decode or have another size than stated. */
  readonly badImages: readonly { id: number; fileName: string; reason: string }[];
  /** Every bad entry of the annotation file. */
  readonly faults: readonly Fault[];
  /** True where there are neither bad images nor bad entries. */
  readonly ok: boolean;
}

/**
 * Decodes every image of a data set and verifies every entry.
 * @throws DataError where there is no set to check: folder or file missing, not COCO, no images.
 */
export async function checkDataset(
  spec: DatasetSpec,
  options: CheckOptions = {},
): Promise<CheckReport> {
  const dataset = await loadCocoDataset(spec, { training: false });
  const badImages = await decodeAll(dataset, options);
  const faults = dataset.faults.all;
  const targets = dataset.images.map((_, index) => dataset.target(index));
  return {
    spec,
    images: dataset.images.length,
    annotations: dataset.truth.annotations.length,
    imagesWithoutBoxes: targets.filter(({ labels }) => labels.length === 0).length,
    categories: countCategories(dataset, targets.map(({ labels }) => labels)),
    badImages,
    faults,
    ok: badImages.length === 0 && faults.length === 0,
  };
}

type BadImage = CheckReport["badImages"][number];

async function decodeAll(dataset: CocoDataset, options: CheckOptions): Promise<BadImage[]> {
  const bad = new Map<number, BadImage>();
  const total = dataset.images.length;
  let next = 0;
  let done = 0;
  const work = async () => {
    while (next < total) {
      const index = next++;
      const found = await tryImage(dataset, index);
      if (found) bad.set(index, found);
      options.onProgress?.(++done, total);
    }
  };
  await Promise.all(Array.from({ length: options.workers ?? DEFAULT_WORKERS }, work));
  return [...bad].toSorted(([a], [b]) => a - b).map(([, image]) => image);
}

async function tryImage(dataset: CocoDataset, index: number): Promise<BadImage | null> {
  const image = dataset.imageAt(index);
  try {
    await decodeImage(dataset.pathOf(index), { expected: image });
    return null;
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return { id: image.id, fileName: image.file_name, reason: error.message };
  }
}

function countCategories(dataset: CocoDataset, labels: readonly Int32Array[]): CategoryCount[] {
  const boxes = new Array<number>(dataset.numClasses).fill(0);
  const crowds = new Array<number>(dataset.numClasses).fill(0);
  for (const label of labels.flatMap((of) => Array.from(of))) {
    boxes[label] = (boxes[label] ?? 0) + 1;
  }
  for (const annotation of dataset.truth.annotations) {
    const label = dataset.labelOf(annotation.category_id);
    if (annotation.iscrowd) crowds[label] = (crowds[label] ?? 0) + 1;
  }
  return dataset.categoryIds.map((id, index) => ({
    id,
    name: dataset.classNames[index + 1] ?? "",
    boxes: boxes[index + 1] ?? 0,
    crowds: crowds[index + 1] ?? 0,
  }));
}

/** A check's report as text for a terminal: counts, then every fault on a line of its own. */
export function formatCheckReport(report: CheckReport): string {
  const { spec, badImages, faults } = report;
  const lines = [
    `${spec.name}: ${report.images} images in ${spec.imgDir}, ${report.annotations} annotations ` +
    `of ${report.categories.length} categories in ${spec.annFile}`,
    `  ${report.imagesWithoutBoxes} images without a box to train on`,
    ...report.categories.map(({ id, name, boxes, crowds }) =>
      `  category ${id} ${name}: ${boxes} boxes${crowds > 0 ? `, ${crowds} crowds` : ""}`
    ),
  ];
  if (badImages.length > 0) {
    lines.push(`${badImages.length} bad images:`);
    for (const { id, reason } of badImages) lines.push(`  image ${id}: ${reason}`);
  }
  for (const [kind, meaning] of Object.entries(FAULT_KINDS)) {
    const ofKind = faults.filter((fault) => fault.kind === kind);
    if (ofKind.length === 0) continue;
    lines.push(`${ofKind.length} ${meaning}:`);
    for (const { id, detail } of ofKind) lines.push(`  id ${id}: ${detail}`);
  }
  lines.push(
    report.ok
      ? "Nothing is wrong."
      : `${badImages.length} bad images and ${faults.length} bad entries.`,
  );
  return lines.join("\n");
}
