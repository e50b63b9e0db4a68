/** Making the digits data set, by command or because a run needs it. @module */
import { relative } from "node:path";
import { digitsAreWhole, makeDigits } from "../data/digits.ts";
import { DataError } from "../runtime/errors.ts";
import type { Config } from "../train/config.ts";
import { projectPath } from "../train/run_folder.ts";
import { logger } from "./logging.ts";

/** Where experiments look for the digits. */
export const DIGITS_FOLDER = projectPath("data/digits");

/** Progress is logged at every so many hundredths. */
const PROGRESS_STEP = 10;

/**
 * Makes the digits where `config` uses them and they are not there, or not whole.
 * @throws DataError where the folder holds something else.
 */
export async function ensureDigits(config: Config): Promise<void> {
  const { TRAIN, TEST } = config.DATASETS;
  if (areDigits(TRAIN) || areDigits(TEST)) await makeDigitsOnce(DIGITS_FOLDER);
}

/**
 * For a command that may write nothing.
 * @throws DataError where `config` trains on the digits and they are not there, or not whole.
 */
export async function requireDigits(config: Config): Promise<void> {
  if (!areDigits(config.DATASETS.TRAIN) || await digitsAreWhole(DIGITS_FOLDER)) return;
  throw new DataError(
    `The digits are not in ${DIGITS_FOLDER} yet; make them: deno task data digits`,
  );
}

function areDigits(datasets: Config["DATASETS"]["TRAIN"]): boolean {
  return Object.values(datasets).some(({ img_dir }) =>
    isBelow(DIGITS_FOLDER, projectPath(img_dir))
  );
}

/**
 * Makes the digits in `folder` (absolute) unless they are there and whole; with a seed, anew.
 * @returns whether they were made.
 * @throws DataError where the folder holds something else.
 */
export async function makeDigitsOnce(folder: string, seed?: number): Promise<boolean> {
  if (seed === undefined && await digitsAreWhole(folder)) return false;
  logger("data").info(`Making the digits in ${folder} …`);
  await makeDigits(folder, { seed, onProgress: progressLog("scenes written") });
  return true;
}

/** Logs `done of total WHAT` at each tenth of the way. */
export function progressLog(what: string): (done: number, total: number) => void {
  const log = logger("data");
  let told = 0;
  return (done, total) => {
    const share = Math.floor(100 * done / total / PROGRESS_STEP) * PROGRESS_STEP;
    if (share <= told) return;
    told = share;
    log.info(`${done} of ${total} ${what}`);
  };
}

function isBelow(folder: string, path: string): boolean {
  const below = relative(folder, path);
  return below !== "" && !below.startsWith("..");
}
