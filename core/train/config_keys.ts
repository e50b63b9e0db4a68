/** The configuration's keys, read from its schema. @module */
import { configSchema } from "./config_schema.ts";

/** What lies at a path: a section of keys, a map of the user's own names, or a value. */
export type KeyKind = "section" | "map" | "value";

/** Keys that hold a file or a folder. */
const PATH_KEYS = new Set(["img_dir", "ann_file", "WEIGHT", "OUTPUT_DIR"]);

/** Keys that the section at `path` may hold; none where it is no section. */
export function keysOf(path: readonly string[]): string[] {
  return Object.keys(entriesOf(schemaAt(path)));
}

/** What lies at `path`; undefined where the configuration has no such key. */
export function kindOf(path: readonly string[]): KeyKind | undefined {
  const schema = schemaAt(path);
  if (schema === undefined) return undefined;
  if (isObject(schema) && "entries" in schema) return "section";
  return isMap(schema) ? "map" : "value";
}

/** The dotted paths of all keys below the sections, in the schema's order. */
export function allKeys(path: readonly string[] = []): string[] {
  return keysOf(path).flatMap((key) => {
    const inner = [...path, key];
    return kindOf(inner) === "section" ? allKeys(inner) : [inner.join(".")];
  });
}

/** Whether the last key of `path` holds a file or a folder. */
export function holdsPath(path: readonly string[]): boolean {
  return PATH_KEYS.has(path.at(-1) ?? "");
}

function schemaAt(path: readonly string[]): unknown {
  let schema: unknown = configSchema;
  for (const key of path) {
    schema = isMap(schema) ? schema.value : ownEntry(entriesOf(schema), key);
  }
  return schema;
}

function ownEntry(entries: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(entries, key) ? entries[key] : undefined;
}

function entriesOf(schema: unknown): Readonly<Record<string, unknown>> {
  if (!isObject(schema) || !("entries" in schema) || !isObject(schema.entries)) return {};
  return Object.fromEntries(Object.entries(schema.entries));
}

function isMap(schema: unknown): schema is { readonly value: unknown } {
  return isObject(schema) && "type" in schema && schema.type === "record" && "value" in schema;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
