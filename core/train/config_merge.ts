/** Merging and freezing of configurations, without changing what is given. @module */
import type { Config } from "./config_types.ts";

/** Sections that a patch replaces as a whole: they map the user's own names. */
const REPLACED = new Set(["DATASETS.TRAIN", "DATASETS.TEST"]);

/** Proposals kept of a whole batch for each image of it (the original's 1000 × IMS_PER_GPU). */
const PROPOSALS_PER_IMAGE = 1000;

/** Whether `value` is an object that is neither a list nor null. */
export function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * `patch` over `base`: sections key by key, lists and the data-set maps as wholes; undefined
 * stands for "not given". Neither argument is changed; the result is not yet validated.
 */
export function mergeConfig(base: Config, patch: unknown): unknown {
  const merged = mergeSections(base, patch, "");
  return isSection(merged) ? deriveProposalCounts(merged, base, patch) : merged;
}

function mergeSections(base: unknown, patch: unknown, path: string): unknown {
  if (patch === undefined) return base;
  if (!isSection(base) || !isSection(patch) || REPLACED.has(path)) return patch;
  const keys = new Set([...Object.keys(base), ...Object.keys(patch)]);
  // fromEntries defines own properties, so a key "__proto__" stays a key (and is refused later).
  return Object.fromEntries([...keys].map((key) => [
    key,
    mergeSections(own(base, key), own(patch, key), path === "" ? key : `${path}.${key}`),
  ]));
}

function own(section: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(section, key) ? section[key] : undefined;
}

/**
 * The number of proposals follows the images per GPU, as it does in the original, until someone
 * gives another: a base whose count is the derived one derives it anew.
 */
function deriveProposalCounts(
  merged: Readonly<Record<string, unknown>>,
  base: Config,
  patch: unknown,
): unknown {
  const rpn: Record<string, unknown> = {};
  for (const [solver, phase] of [["SOLVER", "TRAIN"], ["TEST", "TEST"]] as const) {
    const key = `FPN_POST_NMS_TOP_N_${phase}` as const;
    const images = at(merged, [solver, "IMS_PER_GPU"]);
    const follows = base.MODEL.RPN[key] === PROPOSALS_PER_IMAGE * base[solver].IMS_PER_GPU;
    if (!follows || at(patch, ["MODEL", "RPN", key]) !== undefined) continue;
    if (typeof images === "number") rpn[key] = PROPOSALS_PER_IMAGE * images;
  }
  return mergeSections(merged, isSection(merged.MODEL) ? { MODEL: { RPN: rpn } } : {}, "");
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (section, key) => isSection(section) ? own(section, key) : undefined,
    value,
  );
}

/** Freezes `value` and all that it holds. */
export function deepFreeze(value: unknown): void {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
}
