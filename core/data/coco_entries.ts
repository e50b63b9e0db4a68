/**
 * From unchecked JSON entries to COCO's lists as the rest of the program may trust them, with all
 * that was wrong on the way gathered in a {@link FaultList}.
 * @module
 */

import { type Fault, type FaultKind, FaultList } from "./coco_faults.ts";
import { isRecord, type RawCoco } from "./coco_json.ts";

/** An image of a COCO file. `width` and `height` in pixels, `file_name` below the image folder. */
export interface CocoImage {
  readonly id: number;
  readonly file_name: string;
  readonly width: number;
  readonly height: number;
}

/** An object of a COCO file: `bbox` is `[x, y, w, h]` in pixels of the original image. */
export interface CocoAnnotation {
  readonly id: number;
  readonly image_id: number;
  readonly category_id: number;
  readonly bbox: readonly [number, number, number, number];
  /** Of the object's mask in pixels; the box's where the file gives none. */
  readonly area: number;
  readonly iscrowd: 0 | 1;
}

/** A class of a COCO file. */
export interface CocoCategory {
  readonly id: number;
  readonly name: string;
}

/** The ground truth in COCO's own form, crowds and empty boxes included: what AP is counted on. */
export interface CocoGroundTruth {
  readonly images: readonly CocoImage[];
  readonly annotations: readonly CocoAnnotation[];
  readonly categories: readonly CocoCategory[];
}

/** Boxes may pass the edge by this many pixels unremarked: rounding in published sets does. */
const EDGE_SLACK = 1;

/** Checks every entry; what cannot be used is left out and noted. */
export function cleanCoco(raw: RawCoco): { truth: CocoGroundTruth; faults: FaultList } {
  const faults = new FaultList();
  const images = cleanList(raw.images, { faults, read: readImage, noun: "image" });
  const categories = cleanList(raw.categories, { faults, read: readCategory, noun: "category" });
  const known = {
    images: new Map(images.map((image) => [image.id, image])),
    categories: new Set(categories.map((category) => category.id)),
  };
  const sound = cleanList(raw.annotations, { faults, read: readAnnotation, noun: "annotation" });
  const annotations = sound.filter((annotation) => {
    const fault = misfit(annotation, known);
    if (fault) faults.add(fault);
    return !fault || !LEFT_OUT.has(fault.kind);
  });
  return { truth: { images, annotations, categories }, faults };
}

/** Kinds found by {@link misfit} after which an annotation is of no use even to the evaluation. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  "unknown_image",
  "unknown_category",
  "box_not_finite",
  "box_negative_size",
]);

interface CleanOptions<T> {
  faults: FaultList;
  /** The entry, or a sentence saying why it is none. */
  read: (entry: Record<string, unknown>) => T | string;
  noun: "image" | "category" | "annotation";
}

function cleanList<T extends { id: number }>(
  entries: readonly unknown[],
  options: CleanOptions<T>,
): T[] {
  const { faults, read, noun } = options;
  const seen = new Set<number>();
  const kept: T[] = [];
  entries.forEach((entry, position) => {
    const value = isRecord(entry) ? read(entry) : "it is not an object";
    if (typeof value === "string") {
      const stated = isRecord(entry) && isId(entry.id) ? entry.id : `#${position}`;
      faults.add({ kind: `${noun}_malformed`, id: stated, detail: value });
    } else if (seen.has(value.id)) {
      const detail = `entry #${position} repeats the id of an earlier ${noun}`;
      faults.add({ kind: `${noun}_duplicate_id`, id: value.id, detail });
    } else {
      seen.add(value.id);
      kept.push(value);
    }
  });
  return kept;
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isExtent(value: unknown): value is number {
  return isId(value) && value >= 1;
}

function readImage(entry: Record<string, unknown>): CocoImage | string {
  const { id, file_name, width, height } = entry;
  if (!isId(id)) return `its id is ${show(id)}, not a whole number`;
  if (typeof file_name !== "string" || file_name === "") return "it has no file_name";
  if (!isExtent(width) || !isExtent(height)) {
    return `${file_name}: its size is ${show(width)}×${show(height)}`;
  }
  return { id, file_name, width, height };
}

function readCategory(entry: Record<string, unknown>): CocoCategory | string {
  const { id, name } = entry;
  if (!isId(id)) return `its id is ${show(id)}, not a whole number`;
  if (typeof name !== "string" || name === "") return "it has no name";
  return { id, name };
}

function readAnnotation(entry: Record<string, unknown>): CocoAnnotation | string {
  const { id, image_id, category_id, bbox, area, iscrowd } = entry;
  if (!isId(id)) return `its id is ${show(id)}, not a whole number`;
  if (!isId(image_id) || !isId(category_id)) {
    return `its image_id is ${show(image_id)} and its category_id ${show(category_id)}`;
  }
  if (!Array.isArray(bbox) || bbox.length !== 4) return `its bbox is ${show(bbox)}`;
  // JSON has no NaN: writers put null or the text "NaN", which is a bad number, not a bad shape.
  const [x, y, w, h] = bbox.map((value) => typeof value === "number" ? value : NaN);
  if (x === undefined || y === undefined || w === undefined || h === undefined) {
    return `its bbox is ${show(bbox)}`;
  }
  return {
    id,
    image_id,
    category_id,
    bbox: [x, y, w, h],
    area: typeof area === "number" && Number.isFinite(area) ? area : w * h,
    iscrowd: iscrowd === 1 || iscrowd === true ? 1 : 0,
  };
}

function show(value: unknown): string {
  return value === undefined ? "missing" : JSON.stringify(value).slice(0, 60);
}

/** What is wrong with `annotation` among what is known, if anything; the worst first. */
function misfit(
  annotation: CocoAnnotation,
  known: { images: ReadonlyMap<number, CocoImage>; categories: ReadonlySet<number> },
): Fault | null {
  const { id, image_id, category_id, bbox } = annotation;
  const image = known.images.get(image_id);
  if (!image) return { kind: "unknown_image", id, detail: `its image_id is ${image_id}` };
  if (!known.categories.has(category_id)) {
    return { kind: "unknown_category", id, detail: `its category_id is ${category_id}` };
  }
  const kind = boxFault(bbox, image);
  if (!kind) return null;
  const size = `${image.width}×${image.height}`;
  const detail = `bbox [${bbox.join(", ")}] in image ${image.id} (${image.file_name}, ${size})`;
  return { kind, id, detail };
}

function boxFault([x, y, w, h]: CocoAnnotation["bbox"], image: CocoImage): FaultKind | null {
  if (![x, y, w, h].every(Number.isFinite)) return "box_not_finite";
  if (w < 0 || h < 0) return "box_negative_size";
  if (w === 0 || h === 0) return "box_empty";
  const { width, height } = image;
  if (x >= width || y >= height || x + w <= 0 || y + h <= 0) return "box_outside";
  const over = Math.max(-x, -y, x + w - width, y + h - height);
  return over > EDGE_SLACK ? "box_beyond_edge" : null;
}
