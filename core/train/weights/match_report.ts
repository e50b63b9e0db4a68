/** What was loaded, skipped and missing: a few lines for people, all of it for programs. @module */
import type { MissingTensor, SkippedTensor, WeightMatch } from "./match_weights.ts";
import type { WeightFormat } from "./weight_file.ts";

/** What came of a file of weights and a model. */
export interface WeightReport extends WeightMatch {
  readonly path: string;
  readonly format: WeightFormat;
  /** What else the file holds and was left alone, for example `optimizer`. */
  readonly ignored: readonly string[];
  /** Sentences that warn: what fits by name and shape and yet is not what the model expects. */
  readonly warnings: readonly string[];
}

/** Names listed one by one in a summary; more are counted by part of the model. */
const NAMED = 6;

/** How many tensors were loaded, which parts of the model and of the file were not. */
export function summaryLines(report: WeightReport): string[] {
  const { path, format, loaded, missing, identity, skipped, ignored } = report;
  const total = loaded.length + missing.length + identity.length;
  const lines = [`Weights of ${path} (${format}): ${loaded.length} of ${total} tensors loaded.`];
  if (identity.length > 0) {
    lines.push(`Batch norm statistics are not in the file: ${identity.length} taken as 0 and 1.`);
  }
  if (missing.length > 0) {
    lines.push(`Not loaded, left as initialised: ${abridge(missing.map(describeMissing))}.`);
  }
  for (const [reason, list] of Map.groupBy(skipped, (one) => one.reason)) {
    if (reason === "known") continue;
    lines.push(
      reason === "unknown" || reason === "shadowed"
        ? `Skipped, not of this model: ${abridge(list.map(({ name }) => name))}.`
        : `Skipped (${reason}): ${abridge(list.map(describeSkipped), "; ")}.`,
    );
  }
  if (ignored.length > 0) lines.push(`Left alone in the file: ${abridge(ignored)}.`);
  return lines;
}

/** Every tensor of the model and of the file, one a line. */
export function detailLines({ loaded, missing, identity, skipped }: WeightReport): string[] {
  return [
    ...loaded.map(({ name, from }) => `${name} loaded from ${from}`),
    ...identity.map((name) => `${name} left at its neutral value`),
    ...missing.map((one) => `${describeMissing(one)} left as initialised`),
    ...skipped.map((one) => `${describeSkipped(one)}: skipped (${one.reason})`),
  ];
}

/** The sentence's list of what a model needs and a file has not, abridged. */
export function describeMissingTensors(missing: readonly MissingTensor[]): string {
  return abridge(missing.map(({ name }) => name));
}

/** `cls_score.weight is 81×1024 where …`. */
export function describeSkipped({ name, detail }: SkippedTensor): string {
  return `${name}: ${detail}`;
}

function describeMissing({ name, refused }: MissingTensor): string {
  return refused === undefined || refused === name ? name : `${name} (not from ${refused})`;
}

/** A list of names; a long one by the parts of the model, `backbone.fpn.fpn_inner1 (2)`. */
function abridge(names: readonly string[], separator = ", "): string {
  if (names.length <= NAMED) return names.join(separator);
  const parts = [...Map.groupBy(names, partOf)].map(([part, inside]) =>
    inside.length === 1 ? inside[0]! : `${part} (${inside.length})`
  );
  const shown = parts.slice(0, 2 * NAMED);
  const rest = parts.length - shown.length;
  return shown.join(separator) + (rest > 0 ? ` and ${rest} more parts` : "");
}

/** `backbone.body.layer3` of `backbone.body.layer3.0.conv1.weight`. */
function partOf(name: string): string {
  return name.split(".").slice(0, -1).slice(0, 3).join(".") || name;
}
