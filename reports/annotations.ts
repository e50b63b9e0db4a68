/**
 * The images, classes and boxes of a COCO annotation file, as far as pictures need them.
 * @module
 */

import type { BoxXywh } from "../core/eval/types.ts";
import { at, listOf, numberOf, textOf } from "./json.ts";
import { toBox } from "./run.ts";

/** An image of a data set. */
export interface ImageEntry {
  readonly id: number;
  readonly fileName: string;
  /** Pixels; undefined where the file does not tell. */
  readonly width: number | undefined;
  readonly height: number | undefined;
}

/** An object that there is to find. */
export interface ObjectEntry {
  readonly bbox: BoxXywh;
  readonly crowd: boolean;
}

/** A data set's truth. */
export interface Annotations {
  /** In ascending order of id. */
  readonly images: readonly ImageEntry[];
  readonly categories: ReadonlyMap<number, string>;
  /** By image id. */
  readonly objects: ReadonlyMap<number, readonly ObjectEntry[]>;
}

/** Takes what is well formed in a parsed COCO instances JSON and leaves out the rest. */
export function toAnnotations(json: unknown): Annotations {
  const images = listOf(at(json, "images")).flatMap((row): ImageEntry[] => {
    const id = numberOf(at(row, "id"));
    const fileName = textOf(at(row, "file_name"));
    if (id === undefined || fileName === undefined) return [];
    return [{ id, fileName, width: sizeOf(at(row, "width")), height: sizeOf(at(row, "height")) }];
  });
  const categories = new Map(
    listOf(at(json, "categories")).flatMap((row): [number, string][] => {
      const id = numberOf(at(row, "id"));
      return id === undefined ? [] : [[id, textOf(at(row, "name")) ?? String(id)]];
    }),
  );
  return {
    images: images.sort((a, b) => a.id - b.id),
    categories,
    objects: objectsByImage(listOf(at(json, "annotations"))),
  };
}

function objectsByImage(rows: readonly unknown[]): Map<number, ObjectEntry[]> {
  const byImage = new Map<number, ObjectEntry[]>();
  for (const row of rows) {
    const image = numberOf(at(row, "image_id"));
    const bbox = toBox(at(row, "bbox"));
    if (image === undefined || !bbox) continue;
    const objects = byImage.get(image) ?? [];
    objects.push({ bbox, crowd: Boolean(at(row, "iscrowd")) });
    byImage.set(image, objects);
  }
  return byImage;
}

function sizeOf(value: unknown): number | undefined {
  const size = numberOf(value);
  return size !== undefined && size > 0 ? size : undefined;
}
