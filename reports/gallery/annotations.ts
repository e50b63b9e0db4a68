/**
 * The truth of a data set, as far as a COCO annotation file is well formed.
 * @module
 */

import type { GroundTruth, TruthAnnotation, TruthCategory } from "../../core/eval/types.ts";
import { at, listOf, numberOf, textOf, toBox } from "../json.ts";

/** An image of a data set. */
export interface ImageEntry {
  readonly id: number;
  readonly fileName: string;
  /** Pixels; undefined where the file does not tell. */
  readonly width: number | undefined;
  readonly height: number | undefined;
}

/** A data set's truth. */
export interface Annotations extends GroundTruth {
  /** In ascending order of id. */
  readonly images: readonly ImageEntry[];
}

/** Takes what is well formed in a parsed COCO instances JSON and leaves out the rest. */
export function toAnnotations(json: unknown): Annotations {
  return {
    images: listOf(at(json, "images")).flatMap(toImage).sort((a, b) => a.id - b.id),
    categories: listOf(at(json, "categories")).flatMap(toCategory).sort((a, b) => a.id - b.id),
    annotations: listOf(at(json, "annotations")).flatMap(toAnnotation),
  };
}

function toImage(row: unknown): ImageEntry[] {
  const id = numberOf(at(row, "id"));
  const fileName = textOf(at(row, "file_name"));
  if (id === undefined || fileName === undefined) return [];
  return [{ id, fileName, width: sizeOf(at(row, "width")), height: sizeOf(at(row, "height")) }];
}

function toCategory(row: unknown): TruthCategory[] {
  const id = numberOf(at(row, "id"));
  return id === undefined ? [] : [{ id, name: textOf(at(row, "name")) ?? String(id) }];
}

function toAnnotation(row: unknown, index: number): TruthAnnotation[] {
  const image = numberOf(at(row, "image_id"));
  const category = numberOf(at(row, "category_id"));
  const bbox = toBox(at(row, "bbox"));
  if (image === undefined || category === undefined || !bbox) return [];
  return [{
    id: numberOf(at(row, "id")) ?? index + 1,
    image_id: image,
    category_id: category,
    bbox,
    area: numberOf(at(row, "area")),
    iscrowd: at(row, "iscrowd") ? 1 : 0,
  }];
}

function sizeOf(value: unknown): number | undefined {
  const size = numberOf(value);
  return size !== undefined && size > 0 ? size : undefined;
}
