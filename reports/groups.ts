/**
 * Runs sorted into groups: those of one configuration, which differ in their seed alone.
 * @module
 */

import { UsageError } from "../core/runtime/errors.ts";
import { basename, resolve } from "node:path";
import { differingKeys, flatten, identityOf, plainValue, shortKey } from "./config_keys.ts";
import { at, numberOf } from "./json.ts";
import type { Run } from "./run.ts";
import type { Seeded } from "./statistics.ts";

/** A run with its place on the page. */
export interface PlacedRun extends Run {
  /** Its place in {@link Placed.runs}. */
  readonly index: number;
  /** Its group's place in {@link Placed.groups}. */
  readonly group: number;
  /** Unlike any other run's. */
  readonly label: string;
  readonly seed: number | undefined;
}

/** Runs of one configuration. */
export interface Group {
  /** Unlike any other group's. */
  readonly label: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** In order of seed. */
  readonly runs: readonly PlacedRun[];
  readonly isBaseline: boolean;
  /** Its place in the palette. */
  readonly color: number;
}

/** All runs, grouped: the baseline's group first, the others in the order given. */
export interface Placed {
  readonly runs: readonly PlacedRun[];
  readonly groups: readonly Group[];
}

/**
 * Groups runs. The baseline is the group of the run named (by experiment or folder), else the one
 * without dynamics, else the first.
 * Throws UsageError where `baseline` names none of the runs.
 */
export function placeRuns(runs: readonly Run[], baseline?: string): Placed {
  // A run without a configuration is like no other.
  const byConfig = Map.groupBy(runs, (run) => {
    const isKnown = Object.keys(run.config).length > 0;
    return isKnown ? identityOf(run.config) : `folder ${resolve(run.folder)}`;
  });
  const given = [...byConfig.values()].map((g) => g.toSorted(bySeed));
  const base = baselineOf(given, baseline);
  const ordered = [...given.filter((g) => g === base), ...given.filter((g) => g !== base)];
  const labels = groupLabels(ordered);
  const groups: Group[] = [];
  const placed: PlacedRun[] = [];
  for (const [group, members] of ordered.entries()) {
    const label = labels[group] ?? "";
    const runLabels = runLabelsOf(label, members);
    const own = members.map((run, i): PlacedRun => ({
      ...run,
      index: placed.length + i,
      group,
      label: runLabels[i] ?? label,
      seed: seedOf(run),
    }));
    placed.push(...own);
    const isBaseline = members === base && ordered.length > 1;
    groups.push({
      label,
      config: members[0]?.config ?? {},
      runs: own,
      isBaseline,
      color: ordered.length > 1 ? group : 1,
    });
  }
  return { runs: placed, groups };
}

/** A group's values of a figure on a data set, one for each seed: of two runs of one seed the first. */
export function valuesOf(group: Group, { dataset, figure }: {
  readonly dataset: string;
  readonly figure: string;
}): Seeded[] {
  const seen = new Set<number>();
  return group.runs.flatMap(({ seed, inference }) => {
    const value = inference.find((i) => i.dataset === dataset)?.figures[figure];
    if (value === undefined || value < 0 || (seed !== undefined && seen.has(seed))) return [];
    if (seed !== undefined) seen.add(seed);
    return [{ seed, value }];
  });
}

/** Sentences on runs that repeat a seed: they are no further evidence. */
export function repeatedSeeds(groups: readonly Group[]): string[] {
  return groups.flatMap(({ label, runs }) => {
    const bySeedValue = Map.groupBy(runs.filter((r) => r.seed !== undefined), (r) => r.seed);
    return [...bySeedValue].filter(([, same]) => same.length > 1).map(([seed, same]) =>
      `${label} has ${same.length} runs of seed ${seed} (${
        same.map((r) => r.folder).join(", ")
      }): ` +
      `only the first counts in means and spreads.`
    );
  });
}

function bySeed(a: Run, b: Run): number {
  return (seedOf(a) ?? Infinity) - (seedOf(b) ?? Infinity) || 0;
}

function seedOf({ config, environment }: Run): number | undefined {
  return numberOf(config.SEED) ?? numberOf(environment.seed);
}

function baselineOf(groups: readonly Run[][], name: string | undefined): Run[] | undefined {
  if (name === undefined) return groups.find(([run]) => run && isStatic(run)) ?? groups[0];
  const named = groups.find((g) => g.some((run) => resolve(run.folder) === resolve(name))) ??
    groups.find((g) => g.some((run) => run.name === name || basename(run.folder) === name));
  if (named) return named;
  const names = [...new Set(groups.flatMap((g) => g.map((run) => run.name)))].join(", ");
  throw new UsageError(
    `The baseline ${name} is none of the runs; name one of them: ${names}, or a run's folder.`,
  );
}

/** Whether a run has neither of the paper's two parts. */
function isStatic({ config }: Run): boolean {
  const dynamic = at(config, "MODEL", "DYNAMIC_RCNN");
  return at(dynamic, "DLA") === false && at(dynamic, "DSL") === false;
}

/** Most keys of a configuration that a label tells. */
const LABEL_KEYS = 2;

/** The experiment's name, and in what groups of one experiment differ: the name that `ablate` gave, or some keys. */
function groupLabels(groups: readonly Run[][]): string[] {
  const plain = groups.map((members) => {
    const [run] = members;
    if (!run) return "";
    const kin = groups.filter(([other]) => other?.name === run.name);
    if (kin.length < 2) return run.name;
    const variants = kin.map(variantOf);
    if (!variants.includes(undefined) && new Set(variants).size === kin.length) {
      return variantOf(members)!;
    }
    const keys = differingKeys(kin.map(([other]) => other?.config ?? {}));
    const flat = flatten(run.config);
    const told = keys.slice(0, LABEL_KEYS).map((key) =>
      `${shortKey(key, keys)} ${plainValue(flat.get(key))}`
    );
    return [run.name, ...told].join(", ");
  });
  return makeUnique(plain);
}

/** The variant that the folders of a group's runs are named after, as in `dla_seed2`; undefined for other folders. */
function variantOf(members: readonly Run[]): string | undefined {
  const names = new Set(members.map(({ folder }) => /^(.+)_seed\d+$/.exec(basename(folder))?.[1]));
  const [name] = names;
  return names.size === 1 ? name : undefined;
}

function runLabelsOf(label: string, members: readonly Run[]): string[] {
  if (members.length === 1) return [label];
  return makeUnique(members.map((run) => {
    const seed = seedOf(run);
    return seed === undefined ? `${label}, ${basename(run.folder)}` : `${label}, seed ${seed}`;
  }));
}

function makeUnique(labels: readonly string[]): string[] {
  const taken = new Set<string>();
  return labels.map((label) => {
    let unique = label;
    for (let n = 2; taken.has(unique); n++) unique = `${label} #${n}`;
    taken.add(unique);
    return unique;
  });
}
