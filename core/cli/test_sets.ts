/** What `train` and `test` do with a model and the test sets. @module */
import type { CocoDataset } from "../data/mod.ts";
import type { DynamicRcnn } from "../detection/dynamic_rcnn.ts";
import type { Detection, EvaluationResult } from "../eval/mod.ts";
import { EXIT } from "../runtime/errors.ts";
import type { Device } from "../runtime/mod.ts";
import type { Config } from "../train/config.ts";
import {
  checkExpectedResults,
  describeCheck,
  type ExpectedCheck,
} from "../train/expected_results.ts";
import type { RunFolder } from "../train/run_folder.ts";
import { evaluateAndWrite, predict } from "../train/tester.ts";
import { logger } from "./logging.ts";
import type { Terminal } from "./terminal.ts";

/** A model to test, and where its results go. */
export interface Tested {
  readonly model: DynamicRcnn;
  readonly device: Device;
  readonly config: Config;
  readonly folder: RunFolder;
  readonly terminal: Terminal;
}

/** Finds what a model finds in a data set, evaluates it and writes both below `inference/place`. */
export async function testOn(
  { folder, terminal, ...model }: Tested,
  { dataset, place = dataset.spec.name }: { dataset: CocoDataset; place?: string },
): Promise<{ result: EvaluationResult; detections: readonly Detection[] }> {
  const { name } = dataset.spec;
  const log = logger("tester");
  const { detections, images, seconds } = await predict(model, dataset, {
    onProgress: (done, total) => terminal.draw?.(`${name}: ${done} of ${total} images`),
    onSkip: (id, reason) => log.warn(`Image ${id} is left out: ${reason}`),
  });
  terminal.endBar();
  log.info(`${name}: ${images} images, ${(images / seconds).toFixed(1)} a second.`);
  const result = await evaluateAndWrite(folder, { dataset, detections, place });
  logNotes(result);
  return { result, detections };
}

/** Logs what was odd about the detections or the truth. */
export function logNotes({ notes }: EvaluationResult): void {
  for (const note of notes) logger("tester").warn(note);
}

/**
 * Checks the figures of all test sets against TEST.EXPECTED_RESULTS, where there are any, and logs a line for each.
 * @returns what `--json` tells of it, and the exit code: 1 where a figure is out of its range
 */
export function checkExpected(
  results: Readonly<Record<string, EvaluationResult>>,
  { TEST }: Config,
): { document: { expected?: readonly ExpectedCheck[] }; exitCode: number | undefined } {
  const expected = Object.entries(results).flatMap(([name, result]) =>
    checkExpectedResults(name, result, TEST)
  );
  const log = logger("tester");
  for (const check of expected) {
    if (check.ok) log.info(describeCheck(check));
    else log.warn(describeCheck(check));
  }
  return {
    document: expected.length === 0 ? {} : { expected },
    exitCode: expected.every(({ ok }) => ok) ? undefined : EXIT.fault,
  };
}

/** Logs what is wrong in the annotation files of data sets: one line a file. */
export function logFaults(datasets: readonly CocoDataset[]): void {
  const byFile = new Map(datasets.map((dataset) => [dataset.spec.annFile, dataset.faults]));
  for (const [file, faults] of byFile) {
    if (faults.total === 0) continue;
    logger("data").warn(
      `${file} has ${faults.total} bad entries: ${faults.format("; ")}. deno task data check ` +
        "names them all.",
    );
  }
}
