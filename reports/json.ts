/**
 * Reading JSON of which any part may be missing.
 * @module
 */

import type { BoxXywh } from "../core/eval/types.ts";

/** The value at a path of keys, or undefined where any of them is not there. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let here = value;
  for (const key of path) {
    if (!isObject(here)) return undefined;
    here = here[key];
  }
  return here;
}

/** Whether a value is an object, and no list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A list, or an empty one where it is something else. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A finite number, or undefined. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** A text, or undefined. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** A box of four numbers, or undefined. */
export function toBox(value: unknown): BoxXywh | undefined {
  const [x, y, w, h] = listOf(value).map(numberOf);
  if (x === undefined || y === undefined || w === undefined || h === undefined) return undefined;
  return [x, y, w, h];
}

/** A JSON file's value; undefined, told in `problems`, where it is missing or broken. */
export async function readJson(path: string, problems: string[]): Promise<unknown> {
  const text = await readText(path, problems);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    problems.push(`${path} is not JSON: ${error.message}.`);
    return undefined;
  }
}

/** A file's text; undefined, told in `problems`, where it cannot be read. */
export async function readText(path: string, problems: string[]): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound ? "is not there" : `: ${String(error)}`;
    problems.push(`${path} ${reason}.`);
    return undefined;
  }
}
