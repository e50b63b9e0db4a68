/** From a file of weights to a model: read, renamed, matched, checked, written. @module */
import type { HostTensor, ModelState } from "../../nn/state.ts";
import { UsageError } from "../../runtime/errors.ts";
import type { Config } from "../config_types.ts";
import { anchorBuffers, anchorWarnings } from "./anchor_buffers.ts";
import { verifyChecksums } from "./checksums.ts";
import {
  matchWeights,
  type WantedTensor,
  type WeightMatch,
  withoutWrapper,
} from "./match_weights.ts";
import { describeMissingTensors, type WeightReport } from "./match_report.ts";
import { readWeights } from "./read_weights.ts";
import { translateNames } from "./translate_names.ts";
import type { WeightFile } from "./weight_file.ts";

/** Weights found for a model, not yet in it. */
export interface FoundWeights {
  readonly file: WeightFile;
  readonly report: WeightReport;
  /** By the model's names; those that are missing are not there. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
}

/** What a file has to give. */
export interface WeightNeeds {
  /** The model's configuration: how names are translated, and the anchors. */
  readonly model: Config["MODEL"];
  /** `all`: refuse a file that leaves a tensor as initialised. `some`: one match will do. */
  readonly need: "all" | "some";
}

/**
 * Reads any file of weights and finds each tensor of a model in it.
 * @param path of safetensors, PyTorch's `.pth` in either form, or Detectron's `.pkl`
 * @throws DataError where the file is missing, broken, or asks to run something.
 * @throws UsageError where nothing in it belongs to the model, or, with `need` `all`, not everything
 *   that the model has is in it.
 */
export async function findWeights(
  wanted: readonly WantedTensor[],
  path: string,
  needs: WeightNeeds,
): Promise<FoundWeights> {
  const file = await readWeights(path);
  verifyChecksums(file);
  return matchFile(wanted, file, needs);
}

/** {@link findWeights} in a file that is read. */
export function matchFile(
  wanted: readonly WantedTensor[],
  file: WeightFile,
  { model, need }: WeightNeeds,
): FoundWeights {
  const named = translateNames({ ...file, tensors: withoutWrapper(file.tensors) }, model);
  const anchors = anchorBuffers(model);
  const match = matchWeights(wanted, named, new Set(anchors.keys()));
  const told = underOwnNames(match, { file, named });
  if (match.loaded.length === 0) throw nothingMatches(file.path, told);
  if (need === "all" && match.missing.length > 0) throw incomplete(file.path, told);
  const tensors = new Map<string, HostTensor>();
  for (const { name, from } of match.loaded) tensors.set(name, named.get(from)!);
  const { path, format, ignored } = file;
  const warnings = anchorWarnings(named, anchors);
  return { file, tensors, report: { path, format, ignored, warnings, ...told } };
}

/** A match with the names that the file itself gives; a tensor that a map made anew keeps the map's. */
function underOwnNames(
  match: WeightMatch,
  { file, named }: { file: WeightFile; named: ReadonlyMap<string, HostTensor> },
): WeightMatch {
  const names = new Map(Array.from(file.tensors, ([name, tensor]) => [tensor, name]));
  function own(name: string): string {
    const tensor = named.get(name);
    return tensor === undefined ? name : names.get(tensor) ?? name;
  }
  return {
    ...match,
    loaded: match.loaded.map(({ name, from }) => ({ name, from: own(from) })),
    missing: match.missing.map(({ name, refused }) => ({
      name,
      ...(refused !== undefined && { refused: own(refused) }),
    })),
    skipped: match.skipped.map((one) => ({ ...one, name: own(one.name) })),
  };
}

/**
 * Overwrites a model's tensors with those of a file; what the file lacks stays as it is.
 * @throws as {@link findWeights}; the model is then left alone.
 */
export async function loadWeights(
  state: ModelState,
  path: string,
  needs: WeightNeeds,
): Promise<WeightReport> {
  const { tensors, report } = await findWeights(state.entries(), path, needs);
  for (const [name, tensor] of tensors) state.load(name, tensor);
  state.loaded();
  return report;
}

function nothingMatches(path: string, { skipped }: WeightMatch): UsageError {
  const examples = skipped.slice(0, 3).map(({ name }) => name).join(", ") +
    (skipped.length > 3 ? ", …" : "");
  return new UsageError(
    skipped.length === 0
      ? `${path} holds no weights.`
      : `${path} fits nothing in this experiment's model, none of its ${skipped.length} tensors (${examples}); use a file of the same kind of model, or say whose names these are with --set MODEL.WEIGHT_NAMES=….`,
  );
}

function incomplete(path: string, { missing, skipped }: WeightMatch): UsageError {
  const shape = skipped.find(({ reason, name }) =>
    reason === "shape" && missing.some(({ refused }) => refused === name)
  );
  const why = shape
    ? `holds ${shape.name} as ${shape.detail} in this experiment's model`
    : `has no ${describeMissingTensors(missing)}`;
  return new UsageError(
    `${path} ${why}: of the model's tensors ${missing.length} would keep random numbers; use that model's own experiment, or the --set options that it was trained with.`,
  );
}
