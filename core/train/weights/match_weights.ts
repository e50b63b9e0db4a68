/**
 * Which tensor of a file goes where in a model: the original's rule (`engine/checkpoint.py`), and
 * what came of every tensor on both sides.
 * @module
 */
import type { HostTensor } from "../../nn/state.ts";
import { sameShape, type Shape } from "../../runtime/shape.ts";

/** A tensor that a model has. */
export interface WantedTensor {
  readonly name: string;
  /** Canonical (PyTorch) shape. */
  readonly shape: Shape;
}

/** A tensor that has found its place. */
export interface LoadedTensor {
  /** The model's name for it. */
  readonly name: string;
  /** The file's name for it: by {@link matchWeights} as it was matched. */
  readonly from: string;
}

/** A tensor of the file that is not loaded. */
export interface SkippedTensor {
  /** The file's name for it, as {@link LoadedTensor.from}. */
  readonly name: string;
  /**
   * `unknown`: no name of the model ends with its name. `shape`: one does, and its shape differs.
   * `ambiguous`: several do, and none equals it. `shadowed`: each that does has a longer match.
   * `known`: the model computes it (anchors) or has no use for it (optimizer, counters).
   */
  readonly reason: "unknown" | "shape" | "ambiguous" | "shadowed" | "known";
  /** The rest of the sentence, for example `81×1024 where cls_score.weight is 5×1024`. */
  readonly detail: string;
}

/** A tensor of the model that keeps the numbers it has. */
export interface MissingTensor {
  readonly name: string;
  /** The file's tensor that was refused for it, where there is one. */
  readonly refused?: string;
}

/** What becomes of each tensor of a model and of a file. */
export interface WeightMatch {
  /** In the model's order. */
  readonly loaded: readonly LoadedTensor[];
  /** In the model's order. */
  readonly missing: readonly MissingTensor[];
  /** Statistics that a file without any leaves at 0 and 1, as frozen batch norm folded in has them. */
  readonly identity: readonly string[];
  /** In the file's order. */
  readonly skipped: readonly SkippedTensor[];
}

/** `module.` is DataParallel's; the original takes it off only where all names have it. */
const WRAPPER = "module.";

/** Tensors that files of other makers hold and no model of ours has a use for. */
const USELESS = /(^|\.)num_batches_tracked$/;

const STATISTICS = /(^|\.)running_(mean|var)$/;

/** The tensors without the prefix `module.`, if every name has it. */
export function withoutWrapper(
  tensors: ReadonlyMap<string, HostTensor>,
): ReadonlyMap<string, HostTensor> {
  const names = [...tensors.keys()];
  if (names.length === 0 || !names.every((name) => name.startsWith(WRAPPER))) return tensors;
  return new Map(Array.from(tensors, ([name, tensor]) => [name.replaceAll(WRAPPER, ""), tensor]));
}

/**
 * Matches a file's tensors with a model's: each tensor of the model takes the file's tensor whose
 * name is the longest suffix of its own, as the original does it. Where the original would go on
 * silently or fail as a whole, this says what is not loaded: a tensor of another shape, and one
 * that several tensors of the model would take (the one of exactly its name may).
 * @param known names that the file may hold and that are not loaded, such as the anchors
 */
export function matchWeights(
  wanted: readonly WantedTensor[],
  file: ReadonlyMap<string, HostTensor>,
  known: ReadonlySet<string> = new Set(),
): WeightMatch {
  const tensors = withoutWrapper(file);
  const takers = Map.groupBy(
    wanted.flatMap((one) => {
      const from = longestSuffix(one.name, tensors);
      return from === undefined ? [] : [{ ...one, from }];
    }),
    ({ from }) => from,
  );
  const sources = new Map<string, string>();
  const skipped: SkippedTensor[] = [];
  for (const [name, { shape }] of tensors) {
    const found = takers.get(name) ?? [];
    const settled = settle({ name, shape }, found);
    if (typeof settled === "string") sources.set(settled, name);
    else skipped.push(settled ?? leftOver(name, { wanted, known }));
  }
  return { skipped, ...sorted(wanted, { sources, takers, tensors }) };
}

function longestSuffix(
  name: string,
  tensors: ReadonlyMap<string, HostTensor>,
): string | undefined {
  for (let start = 0; start < name.length; start++) {
    const suffix = name.slice(start);
    if (tensors.has(suffix)) return suffix;
  }
  return undefined;
}

/** The model's tensor that takes the file's, or why none may; undefined where none asks for it. */
function settle(
  { name, shape }: WantedTensor,
  takers: readonly WantedTensor[],
): string | SkippedTensor | undefined {
  if (takers.length === 0) return undefined;
  const fitting = takers.filter((taker) => sameShape(taker.shape, shape));
  const exact = fitting.find((taker) => taker.name === name);
  if (exact) return exact.name;
  const [first, second] = fitting;
  if (first && !second) return first.name;
  if (first && second) {
    const detail =
      `${fitting.length} tensors of the model would take it: ${first.name}, ${second.name}${
        fitting.length > 2 ? ", …" : ""
      }`;
    return { name, reason: "ambiguous", detail };
  }
  const nearest = takers.find((taker) => taker.name === name) ?? takers[0]!;
  const detail = `${describeShape(shape)} where ${nearest.name} is ${describeShape(nearest.shape)}`;
  return { name, reason: "shape", detail };
}

function leftOver(
  name: string,
  { wanted, known }: { wanted: readonly WantedTensor[]; known: ReadonlySet<string> },
): SkippedTensor {
  if (known.has(name)) return { name, reason: "known", detail: "computed, not loaded" };
  if (USELESS.test(name)) return { name, reason: "known", detail: "not used" };
  const shadowed = wanted.find((one) => one.name.endsWith(name));
  return shadowed
    ? { name, reason: "shadowed", detail: `${shadowed.name} has a longer match` }
    : { name, reason: "unknown", detail: "the model has no such tensor" };
}

function sorted(
  wanted: readonly WantedTensor[],
  { sources, takers, tensors }: {
    sources: ReadonlyMap<string, string>;
    takers: ReadonlyMap<string, readonly WantedTensor[]>;
    tensors: ReadonlyMap<string, HostTensor>;
  },
): Pick<WeightMatch, "loaded" | "missing" | "identity"> {
  const refused = new Map<string, string>();
  for (const [from, asking] of takers) for (const { name } of asking) refused.set(name, from);
  const hasStatistics = [...tensors.keys()].some((name) => STATISTICS.test(name));
  const loaded: LoadedTensor[] = [], missing: MissingTensor[] = [], identity: string[] = [];
  for (const { name } of wanted) {
    const from = sources.get(name);
    if (from !== undefined) loaded.push({ name, from });
    else if (!hasStatistics && isFolded(name, sources)) identity.push(name);
    else missing.push({ name, refused: refused.get(name) });
  }
  return { loaded, missing, identity };
}

/** True for a batch norm's statistic whose scale and shift the file does give. */
function isFolded(name: string, sources: ReadonlyMap<string, string>): boolean {
  if (!STATISTICS.test(name)) return false;
  const norm = name.replace(/running_(mean|var)$/, "");
  return sources.has(`${norm}weight`) && sources.has(`${norm}bias`);
}

/** `81×1024`; a scalar is `1 number`. */
export function describeShape(shape: Shape): string {
  return shape.length === 0 ? "1 number" : shape.join("×");
}
