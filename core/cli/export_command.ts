/** `export`: writes a checkpoint's weights for other tools. */
import { basename, dirname, join } from "node:path";
import { DryDevice } from "../runtime/dry_device.ts";
import { UsageError } from "../runtime/errors.ts";
import { trainingStateOf } from "../train/checkpoint.ts";
import { chooseCheckpoint } from "../train/find_checkpoint.ts";
import { type RunFolder, runFolderOf } from "../train/run_folder.ts";
import { makeModel } from "../train/trainer.ts";
import { exportedTensors, writeExport } from "../train/weights/export_weights.ts";
import { findWeights, type FoundWeights } from "../train/weights/load_weights.ts";
import { openExperiment } from "./find_experiment.ts";
import { logWeights } from "./log_weights.ts";
import type { CommandContext, ExportOptions } from "./options.ts";

/**
 * Writes all tensors of the original's network under its names. Opens no device.
 * @throws UsageError where the file is there already and `--force` is not given, or where the weights
 *   are not all that the model has.
 */
export async function exportCommand(
  options: ExportOptions,
  context: CommandContext,
): Promise<void> {
  const { id, config } = await openExperiment(options, { cwd: context.cwd });
  const folder = runFolderOf(id, config);
  const source = options.weights === undefined
    ? (await chooseCheckpoint(folder, options.iteration)).path
    : context.path(options.weights);
  const target = await targetPath(source, { folder, options, context });
  const entries = makeModel(new DryDevice(), config).state.entries();
  const found = await findWeights(entries, source, { model: config.MODEL, need: "all" });
  logWeights(found.report);
  const tensors = exportedTensors(entries, found, config.MODEL);
  await Deno.mkdir(dirname(target), { recursive: true });
  const iteration = options.weights === undefined ? iterationOf(source, found) : undefined;
  await writeExport(target, tensors, { format: options.format, iteration });
  context.print(`${tensors.size} tensors in ${target}`);
  context.json({
    file: target,
    format: options.format,
    iteration: iteration ?? null,
    tensors: [...tensors].map(([name, { shape }]) => ({ name, shape })),
    weights: found.report,
  });
}

/** `--out`, else `export/NAME` in the run's folder. @throws UsageError where it may not be written. */
async function targetPath(
  source: string,
  { folder, options, context }: {
    folder: RunFolder;
    options: ExportOptions;
    context: CommandContext;
  },
): Promise<string> {
  const ending = options.format === "safetensors" ? "safetensors" : "pth";
  const name = `${basename(source).replace(/\.(safetensors|pth|pkl)$/, "")}.${ending}`;
  const target = options.out === undefined
    ? join(folder.root, "export", name)
    : context.path(options.out);
  const there = await Deno.lstat(target).catch(() => undefined);
  if (there?.isDirectory) throw new UsageError(`--out: ${target} is a folder; name a file.`);
  if (there && !options.force) {
    throw new UsageError(`${target} is there already; add --force to replace it.`);
  }
  return target;
}

/** That of a checkpoint of ours; of one dropped in, what its name says. */
function iterationOf(path: string, { file }: FoundWeights): number | undefined {
  if (file.metadata.training) return trainingStateOf(file).iteration;
  const named = basename(path).match(/^model_(\d+)\./)?.[1];
  return named === undefined ? undefined : Number(named);
}
