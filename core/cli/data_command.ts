/** `data`: makes the digits, or checks an experiment's data sets. @module */
import type { CheckReport } from "../data/check.ts";
import { EXIT } from "../runtime/errors.ts";
import type { Config } from "../train/config.ts";
import { projectPath } from "../train/run_folder.ts";
import { openExperiment } from "./find_experiment.ts";
import { DIGITS_FOLDER, ensureDigits, makeDigitsOnce, progressLog } from "./make_digits.ts";
import type { CommandContext, DataCheckOptions, DataMakeOptions, DataOptions } from "./options.ts";

/**
 * Makes or checks.
 * @returns 3 where a check finds what stops a run, or with `--strict` anything.
 * @throws DataError where the folder to write holds something else, or there is no set to check;
 *   UsageError where there is no such experiment.
 */
export async function dataCommand(
  options: DataOptions,
  context: CommandContext,
): Promise<number | void> {
  if (options.action === "check") return await checkExperiment(options, context);
  await makeDataset(options, context);
}

async function makeDataset(options: DataMakeOptions, context: CommandContext): Promise<void> {
  const folder = options.out === undefined ? DIGITS_FOLDER : context.path(options.out);
  const made = await makeDigitsOnce(folder, options.seed);
  context.print(made ? `Made ${folder}.` : `${folder} is there already, and whole.`);
  context.json({ name: options.name, folder, made });
}

async function checkExperiment(
  options: DataCheckOptions,
  context: CommandContext,
): Promise<number> {
  const { checkDataset, formatCheckReport } = await import("../data/check.ts");
  const { id, config } = await openExperiment(options, { cwd: context.cwd });
  await ensureDigits(config);
  const reports: CheckReport[] = [];
  for (const [name, { img_dir, ann_file }] of datasetsOf(config)) {
    const spec = { name, imgDir: projectPath(img_dir), annFile: projectPath(ann_file) };
    const report = await checkDataset(spec, { onProgress: progressLog(`images of ${name} read`) });
    context.print(formatCheckReport(report));
    reports.push(report);
  }
  const stops = stoppers(reports, config);
  for (const reason of stops) context.print(reason);
  const ok = stops.length === 0 && (!options.strict || reports.every((report) => report.ok));
  context.json({ experiment: id, ok, stops, datasets: reports });
  return ok ? EXIT.ok : EXIT.data;
}

/** All data sets of an experiment; one that both trains and tests is checked once. */
function datasetsOf({ DATASETS }: Config): [string, Config["DATASETS"]["TRAIN"][string]][] {
  return Object.entries({ ...DATASETS.TRAIN, ...DATASETS.TEST });
}

/** What would end a run on these data: one sentence each. */
function stoppers(reports: readonly CheckReport[], config: Config): string[] {
  const classes = config.MODEL.ROI_BOX_HEAD.NUM_CLASSES;
  return reports.flatMap(({ spec, badImages, categories }) => {
    const found: string[] = [];
    if (badImages.length > 0 && config.DATALOADER.BAD_IMAGES === "error") {
      found.push(
        `${spec.name}: a run stops at the first bad image; mend them, or leave them out with ` +
          "--set DATALOADER.BAD_IMAGES=skip.",
      );
    }
    if (categories.length + 1 !== classes) {
      found.push(
        `${spec.name}: its classes and the background are ${categories.length + 1}, but ` +
          `MODEL.ROI_BOX_HEAD.NUM_CLASSES is ${classes}.`,
      );
    }
    return found;
  });
}
