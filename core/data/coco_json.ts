/**
 * The annotation file as it lies on disk: JSON text to the three lists of COCO's instances form.
 * @module
 */

import { DataError } from "../runtime/errors.ts";
import { findJsonFault } from "../runtime/json_offset.ts";

/** Entries not looked at yet: anything may be in them. */
export interface RawCoco {
  readonly images: readonly unknown[];
  readonly annotations: readonly unknown[];
  readonly categories: readonly unknown[];
}

/** V8 holds no string above 512 MB; 500 leaves room for what a decoder adds. */
export const MAX_JSON_BYTES = 500_000_000;

/** Limits, for tests. */
export interface ReadOptions {
  /** Largest file accepted, in bytes; {@link MAX_JSON_BYTES} by default. */
  maxBytes?: number;
}

/**
 * Reads a COCO instances file.
 * @throws DataError where the file is missing, too large, not JSON (with the byte offset), or has
 * no list `images`, `annotations` or `categories`.
 */
export async function readCocoJson(path: string, options: ReadOptions = {}): Promise<RawCoco> {
  const document = parse(await readAnnotationFile(path, options.maxBytes ?? MAX_JSON_BYTES), path);
  return {
    images: listOf(document, { key: "images", path }),
    annotations: listOf(document, { key: "annotations", path }),
    categories: listOf(document, { key: "categories", path }),
  };
}

async function readAnnotationFile(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    const { size, isFile } = await Deno.stat(path);
    if (!isFile) throw new DataError(`Cannot read annotations ${path}: it is not a file.`);
    if (size > maxBytes) {
      throw new DataError(
        `Cannot read annotations ${path}: the file has ${Math.ceil(size / 1e6)} MB and the limit ` +
          `is ${Math.floor(maxBytes / 1e6)} MB; split it, or drop its segmentations.`,
      );
    }
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof DataError) throw error;
    const reason = error instanceof Deno.errors.NotFound ? "there is no such file" : String(error);
    throw new DataError(`Cannot read annotations ${path}: ${reason}.`);
  }
}

function parse(bytes: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    const fault = findJsonFault(bytes);
    const what = fault
      ? `it is not whole JSON: ${fault.reason}, at byte ${fault.offset} of ${bytes.length}`
      : String(error);
    throw new DataError(`Cannot read annotations ${path}: ${what}.`);
  }
}

function listOf(document: unknown, where: { key: keyof RawCoco; path: string }): unknown[] {
  const { key, path } = where;
  const held = isRecord(document) ? document[key] : undefined;
  if (Array.isArray(held)) return held;
  const found = held === undefined ? "is missing" : "is not a list";
  throw new DataError(
    `Cannot read annotations ${path}: it is JSON but not COCO instances form, as the key ` +
      `"${key}" ${found}.`,
  );
}

/** True for JSON objects. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
