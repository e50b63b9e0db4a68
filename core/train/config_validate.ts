/** Checking of a configuration: single values by the schema, then what spans several keys. @module */
import * as v from "valibot";
import { UsageError } from "../runtime/errors.ts";
import { configFaults } from "./config_checks.ts";
import { keysOf } from "./config_keys.ts";
import { deepFreeze } from "./config_merge.ts";
import { didYouMean } from "./config_nearest.ts";
import { configSchema } from "./config_schema.ts";
import type { Config } from "./config_types.ts";

/** Faults that one message names; the rest is counted. */
const FAULTS_NAMED = 3;

/**
 * `value` as a configuration, frozen.
 * @throws UsageError naming the dotted path, what was expected and what was received.
 */
export function validateConfig(value: unknown): Config {
  const parsed = v.safeParse(configSchema, structuredClone(value));
  if (!parsed.success) throw faultsError(parsed.issues.map(describeIssue));
  const faults = configFaults(parsed.output);
  if (faults.length > 0) {
    throw faultsError(
      faults.map(({ path, expected, received }) =>
        `${path}: expected ${expected}, received ${show(received)}`
      ),
    );
  }
  deepFreeze(parsed.output);
  return parsed.output;
}

function describeIssue(issue: v.BaseIssue<unknown>): string {
  const items = issue.path ?? [];
  const path = items.map((item) => String(item.key)).join(".") || "the configuration";
  const last = items.at(-1);
  const parent = last?.type === "object" ? last.input : undefined;
  if (issue.expected === "never" && typeof last?.key === "string" && isObject(parent)) {
    const section = items.slice(0, -1).map((item) => String(item.key));
    const siblings = keysOf(section).map((key) => [...section, key].join("."));
    return `${path}: unknown key${didYouMean(path, siblings)}`;
  }
  if (issue.input === undefined) return `${path}: is missing`;
  return `${path}: expected ${issue.message}, received ${show(issue.input)}`;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function faultsError(faults: readonly string[]): UsageError {
  const named = faults.slice(0, FAULTS_NAMED).join("; ");
  const rest = faults.length - FAULTS_NAMED;
  return new UsageError(rest > 0 ? `${named}; and ${rest} more of the kind.` : `${named}.`);
}

/** A received value, short and as one would type it. */
function show(value: unknown): string {
  const text = typeof value === "number" ? String(value) : JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
