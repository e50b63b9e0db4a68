/** The configuration's types, taken from its schema. @module */
import type * as v from "valibot";
import type { configSchema } from "./config_schema.ts";

/** `T` with every object and list in it read-only. */
export type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
  : T;

/**
 * `T` with every key optional, down through the sections. Lists and the data-set maps stay whole:
 * they are replaced, not merged.
 */
export type DeepPartial<T> = T extends readonly unknown[] ? T
  : T extends object ? string extends keyof T ? T : { readonly [K in keyof T]?: DeepPartial<T[K]> }
  : T;

/** A configuration as it is written down, before it is checked. */
export type ConfigInput = v.InferInput<typeof configSchema>;

/** A whole, checked, frozen configuration under the original's key names. */
export type Config = DeepReadonly<v.InferOutput<typeof configSchema>>;

/** What an experiment changes. */
export type ConfigPatch = DeepPartial<Config>;

/** One data set: image folder and COCO annotation file. */
export type DatasetConfig = Config["DATASETS"]["TRAIN"][string];
