/**
 * A data set in COCO's instances form: which images are used, in which order, and their targets.
 * @module
 */

import { join } from "node:path";
import { DataError } from "../runtime/errors.ts";
import {
  cleanCoco,
  type CocoAnnotation,
  type CocoGroundTruth,
  type CocoImage,
} from "./coco_entries.ts";
import type { FaultList } from "./coco_faults.ts";
import { readCocoJson } from "./coco_json.ts";
import { boxFromCoco } from "./geometry.ts";

/** Where a data set lies. */
export interface DatasetSpec {
  /** How messages and output folders call it. */
  readonly name: string;
  /** The folder that the annotations' `file_name`s are below. */
  readonly imgDir: string;
  /** A JSON file in COCO's instances form. */
  readonly annFile: string;
}

/** The largest id that may be a label: room for names is made up to it. */
const MOST_ID = 65535;

/** How a data set is loaded. */
export interface LoadOptions {
  /** Keep only images that have something to learn from; otherwise all. */
  training: boolean;
  /** Take any bad entry for an error. */
  strict?: boolean;
  /** Boxes of targets are x2 − x1 + boxOffset wide; 1 where absent. */
  boxOffset?: number;
  /** A category's label: its place among the ascending ids, from 1 (where absent), or its id. */
  labels?: "ascending" | "ids";
}

/** What to learn of one image: `boxes` `[n, 4]` xyxy in the original image, `labels` `[n]` 1..K. */
export interface Target {
  readonly boxes: Float32Array;
  readonly labels: Int32Array;
}

/**
 * Reads a data set's annotations and looks that its image folder is there; decodes nothing.
 * @throws DataError for a missing folder or file, for what is not COCO, for a set without usable
 * images or categories and, with `strict`, for any bad entry.
 */
export async function loadCocoDataset(
  spec: DatasetSpec,
  options: LoadOptions,
): Promise<CocoDataset> {
  await requireFolder(spec);
  const { truth, faults } = cleanCoco(await readCocoJson(spec.annFile));
  if (options.strict && faults.total > 0) {
    throw new DataError(
      `Cannot use data set ${spec.name} (${spec.annFile}): it has ${faults.total} bad entries ` +
        `and --strict allows none.\n${faults.format()}`,
    );
  }
  const odd = options.labels === "ids" && truth.categories.find(({ id }) => id < 1 || id > MOST_ID);
  if (odd) {
    throw new DataError(
      `Cannot use data set ${spec.name}: category ${odd.name} has id ${odd.id} in ${spec.annFile}, ` +
        `and with DATALOADER.LABELS "ids" ids must be from 1 to ${MOST_ID}.`,
    );
  }
  const dataset = new CocoDataset(spec, { ...options, truth, faults });
  if (truth.categories.length === 0) {
    throw new DataError(`Cannot use data set ${spec.name}: ${spec.annFile} names no category.`);
  }
  if (dataset.images.length === 0) {
    const why = truth.images.length === 0
      ? "names no usable image"
      : "has no image with a box of width and height above 1 pixel";
    throw new DataError(`Cannot use data set ${spec.name}: ${spec.annFile} ${why}.`);
  }
  if (options.training && dataset.images.every((_, i) => dataset.target(i).labels.length === 0)) {
    throw new DataError(
      `Cannot train on data set ${spec.name}: all boxes in ${spec.annFile} are crowds or lie ` +
        "outside their images.",
    );
  }
  return dataset;
}

async function requireFolder(spec: DatasetSpec): Promise<void> {
  const found = await Deno.stat(spec.imgDir).catch(() => null);
  if (found?.isDirectory) return;
  const what = found ? "is not a folder" : "does not exist";
  throw new DataError(`Cannot use data set ${spec.name}: the image folder ${spec.imgDir} ${what}.`);
}

/** The images of one data set by ascending id, with their targets and the truth behind them. */
export class CocoDataset {
  readonly spec: DatasetSpec;
  /** The images used, by ascending id; an image's index here is what batches speak of. */
  readonly images: readonly CocoImage[];
  /** All images and annotations, used in training or not. */
  readonly truth: CocoGroundTruth;
  /** What was wrong in the annotation file. */
  readonly faults: FaultList;
  /** The category ids, ascending. */
  readonly categoryIds: readonly number[];
  /** Name of each label; `background` at 0, "" for a label that no category has. */
  readonly classNames: readonly string[];
  readonly #boxOffset: number;
  readonly #labels: ReadonlyMap<number, number>;
  readonly #labelsAreIds: boolean;
  readonly #annotations: ReadonlyMap<number, CocoAnnotation[]>;

  constructor(
    spec: DatasetSpec,
    content: LoadOptions & { truth: CocoGroundTruth; faults: FaultList },
  ) {
    const { truth, faults, training, boxOffset = 1, labels = "ascending" } = content;
    const categories = truth.categories.toSorted((a, b) => a.id - b.id);
    this.spec = spec;
    this.truth = truth;
    this.faults = faults;
    this.categoryIds = categories.map((category) => category.id);
    this.#boxOffset = boxOffset;
    this.#labels = new Map(
      this.categoryIds.map((id, index) => [id, labels === "ids" ? id : index + 1]),
    );
    this.#labelsAreIds = labels === "ids";
    this.classNames = namesByLabel(categories.map(({ id, name }) => [this.labelOf(id), name]));
    this.#annotations = Map.groupBy(truth.annotations, (annotation) => annotation.image_id);
    const byId = truth.images.toSorted((a, b) => a.id - b.id);
    this.images = training ? byId.filter((image) => this.#isLearnable(image)) : byId;
  }

  /** Number of classes, background included. */
  get numClasses(): number {
    return this.classNames.length;
  }

  /** The label (from 1) of a category id. @throws RangeError for an id that the set has not. */
  labelOf(categoryId: number): number {
    const label = this.#labels.get(categoryId);
    if (label === undefined) {
      throw new RangeError(`${this.spec.name} has no category ${categoryId}`);
    }
    return label;
  }

  /**
   * The category id of a label; where labels are ids, the set need not have it.
   * @throws RangeError for a label outside 1..K where labels are places.
   */
  categoryIdOf(label: number): number {
    if (this.#labelsAreIds) return label;
    const id = this.categoryIds[label - 1];
    if (id === undefined) {
      throw new RangeError(
        `${this.spec.name} has labels 1 to ${this.categoryIds.length}: ${label}`,
      );
    }
    return id;
  }

  /** The image at `index`. @throws RangeError outside the set. */
  imageAt(index: number): CocoImage {
    const image = this.images[index];
    if (!image) {
      throw new RangeError(`${this.spec.name} has ${this.images.length} images: ${index}`);
    }
    return image;
  }

  /** The file of the image at `index`. */
  pathOf(index: number): string {
    return join(this.spec.imgDir, this.imageAt(index).file_name);
  }

  /** Boxes and labels of the image at `index`, without crowds and what clipping leaves empty. */
  target(index: number): Target {
    const image = this.imageAt(index);
    const ends = { offset: this.#boxOffset };
    const boxes: number[] = [];
    const labels: number[] = [];
    for (const annotation of this.#annotations.get(image.id) ?? []) {
      const box = annotation.iscrowd ? null : boxFromCoco(annotation.bbox, image, ends);
      if (!box) continue;
      boxes.push(...box);
      labels.push(this.labelOf(annotation.category_id));
    }
    return { boxes: Float32Array.from(boxes), labels: Int32Array.from(labels) };
  }

  /** As the original's filter: any annotation of w and h above 1 will do, a crowd's too. */
  #isLearnable(image: CocoImage): boolean {
    const annotations = this.#annotations.get(image.id) ?? [];
    return annotations.some(({ bbox }) => bbox[2] > 1 && bbox[3] > 1);
  }
}

function namesByLabel(named: readonly (readonly [number, string])[]): string[] {
  const last = Math.max(0, ...named.map(([label]) => label));
  const names = new Array<string>(last + 1).fill("");
  names[0] = "background";
  for (const [label, name] of named) names[label] = name;
  return names;
}
