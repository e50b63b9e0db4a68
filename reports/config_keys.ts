/**
 * Configurations as flat lists of keys, to be held against each other.
 * @module
 */

import { isObject } from "./json.ts";

/** Keys that tell runs apart without making another model: seed, folder, what is recorded. */
const OF_THE_RUN = /^(SEED|OUTPUT_DIR|METRICS\..*)$/;

/** A configuration's leaves as JSON under dotted keys, lists being leaves; in order of key. */
export function flatten(config: Readonly<Record<string, unknown>>): Map<string, string> {
  const leaves = leavesOf(config, "").filter(([key]) => !OF_THE_RUN.test(key));
  return new Map(leaves.sort(([a], [b]) => a < b ? -1 : 1));
}

function leavesOf(value: Readonly<Record<string, unknown>>, prefix: string): [string, string][] {
  return Object.entries(value).flatMap(([key, v]): [string, string][] => {
    const path = prefix + key;
    return isObject(v) ? leavesOf(v, `${path}.`) : [[path, JSON.stringify(v) ?? "–"]];
  });
}

/** Equal for configurations that differ in nothing but their seed and folder. */
export function identityOf(config: Readonly<Record<string, unknown>>): string {
  return JSON.stringify([...flatten(config)]);
}

/** The keys in which configurations differ, ascending. */
export function differingKeys(
  configs: readonly Readonly<Record<string, unknown>>[],
): readonly string[] {
  const flat = configs.map(flatten);
  return [...new Set(flat.flatMap((f) => [...f.keys()]))].sort()
    .filter((key) => new Set(flat.map((f) => f.get(key))).size > 1);
}

/** A key's last part where no other of `keys` ends alike, else all of it. */
export function shortKey(key: string, keys: readonly string[]): string {
  const last = lastPart(key);
  return keys.filter((k) => lastPart(k) === last).length === 1 ? last : key;
}

function lastPart(key: string): string {
  return key.slice(key.lastIndexOf(".") + 1);
}

/** A leaf as a reader would write it: a text without its quotes. */
export function plainValue(json: string | undefined): string {
  if (json === undefined) return "–";
  return json.startsWith('"') ? String(JSON.parse(json)) : json;
}
