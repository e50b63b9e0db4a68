/**
 * Reads detections from a COCO results file.
 * @module
 */

import { DataError } from "../runtime/errors.ts";
import { findJsonFault } from "../runtime/json_offset.ts";
import type { BoxXywh, Detection } from "./types.ts";

/**
 * The detections in a COCO results file: a JSON list of `{image_id, category_id, bbox, score}`;
 * other fields are left out. Throws DataError where the file cannot be read, is not JSON (with
 * the byte offset) or not of that form (with index and field).
 */
export async function readDetections(path: string): Promise<Detection[]> {
  return parseDetections(await readText(path), path);
}

/** As {@link readDetections}, from a text; `source` names it in errors. */
export function parseDetections(text: string, source: string): Detection[] {
  const rows = parseJson(text, source);
  if (!Array.isArray(rows)) {
    throw new DataError(
      `Cannot read detections from ${source}: COCO results form is a list of {image_id, ` +
        `category_id, bbox, score}, and this is ${kindOf(rows)}.`,
    );
  }
  return rows.map((row: unknown, index) => toDetection(row, { index, source }));
}

interface Where {
  readonly index: number;
  readonly source: string;
}

function toDetection(row: unknown, where: Where): Detection {
  if (!isRecord(row)) throw fault(where, `must be an object, and is ${kindOf(row)}`);
  return {
    image_id: integer(row, "image_id", where),
    category_id: integer(row, "category_id", where),
    bbox: box(row.bbox, where),
    score: score(row.score, where),
  };
}

function integer(row: Record<string, unknown>, field: string, where: Where): number {
  const value = row[field];
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  throw fault(where, `needs a whole number as ${field}, and has ${kindOf(value)}`);
}

function score(value: unknown, where: Where): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw fault(where, `needs a number as score, and has ${kindOf(value)}`);
}

function box(value: unknown, where: Where): BoxXywh {
  if (Array.isArray(value) && value.length === 4) {
    const [x, y, w, h]: unknown[] = value;
    if (isFinite(x) && isFinite(y) && isFinite(w) && isFinite(h)) return [x, y, w, h];
  }
  throw fault(where, `needs [x, y, width, height] as bbox, and has ${kindOf(value)}`);
}

function isFinite(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fault({ index, source }: Where, what: string): DataError {
  return new DataError(`Cannot read ${source}: detection ${index} ${what}.`);
}

/** A value as an error shows it, short. */
function kindOf(value: unknown): string {
  if (value === undefined) return "none";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const fault = findJsonFault(new TextEncoder().encode(text));
    const what = fault ? `${fault.reason}, at byte ${fault.offset}` : error.message;
    throw new DataError(
      `Cannot read ${source}: it is not whole JSON: ${what}; write it again, it may have been ` +
        `cut off.`,
      { cause: error },
    );
  }
}

async function readText(path: string): Promise<string> {
  try {
    // A decoder drops a byte order mark, which JSON.parse would not take.
    return new TextDecoder().decode(await Deno.readFile(path));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataError(`Cannot read detections from ${path}: ${reason}.`, { cause: error });
  }
}
