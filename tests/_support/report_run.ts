/**
 * Small runs made up for the report's tests: a data set of four pictures, predictions that are
 * right, loose and wrong by the seed, and the files that a run leaves behind.
 * @module
 */

import { join } from "node:path";
import sharp from "sharp";
import { type Detection, evaluateBoxes, type GroundTruth } from "../../core/eval/mod.ts";
import { METRIC_NAMES } from "../../core/train/metrics.ts";

/** A class name that tries to leave every place it is shown in. */
export const EVIL = '</script><b>"cell"';

/** A file name that does. */
export const EVIL_FILE = "a<b>&'1.png";

const IMAGES = 4;

/** What a made-up run differs in. */
export interface MadeRun {
  /** The experiment's name and the folder's, `output/<name>_<seed>`. */
  readonly name: string;
  readonly seed?: number;
  readonly dynamic?: boolean;
  /** Iterations in metrics.jsonl; default 12, which MAX_ITER is too. */
  readonly iterations?: number;
  /** Pixels by which the first box of each image is off; default the seed. */
  readonly shift?: number;
}

/** Writes a run below `root`, and its data set where it is not there yet; returns its folder. */
export async function makeRun(root: string, run: MadeRun): Promise<string> {
  const { name, seed = 1, dynamic = true, iterations = 12, shift = seed } = run;
  const folder = join(root, "output", `${name.replaceAll("/", "_")}_${seed}`);
  const inference = join(folder, "inference", "mine");
  await Deno.mkdir(inference, { recursive: true });
  const truth = await makeData(join(root, "data"));
  const detections = detectionsOf(truth, shift);
  await writeJson(join(folder, "config.json"), {
    experiment: name,
    config: configOf({ seed, dynamic }),
    environment: { deno: "2.9.6", adapter: EVIL, commit: null, seed, command: "train <it>" },
  });
  await writeJson(join(inference, "predictions.json"), detections);
  await writeJson(join(inference, "metrics.json"), evaluateBoxes(truth, detections));
  const lines = Array.from({ length: iterations }, (_, i) => metricsLine(i + 1, { seed, dynamic }));
  await Deno.writeTextFile(join(folder, "metrics.jsonl"), lines.join("\n") + "\n");
  return folder;
}

function configOf({ seed, dynamic }: { seed: number; dynamic: boolean }) {
  return {
    DATASETS: { TEST: { mine: { img_dir: "data", ann_file: "data/truth.json" } } },
    MODEL: { DYNAMIC_RCNN: { DLA: dynamic, DSL: dynamic } },
    SOLVER: { MAX_ITER: 12, IMS_PER_BATCH: 2 },
    TEST: { VIS_THRESH: 0.5 },
    SEED: seed,
    OUTPUT_DIR: `output/${seed}`,
  };
}

function metricsLine(
  iteration: number,
  { seed, dynamic }: { seed: number; dynamic: boolean },
): string {
  const numbers = Object.fromEntries(METRIC_NAMES.map((f, i) => [f, (i + seed) / iteration]));
  const histogram = { edges: [0, 0.5, 1], counts: [iteration, seed] };
  const error = { dx: histogram, dy: histogram, dw: histogram, dh: histogram };
  const beta = dynamic && iteration > 6 ? 0.25 : 1;
  return JSON.stringify({
    ...numbers,
    rcnn_beta: beta,
    iteration,
    image_ids: [1, 2],
    ...(iteration % 4 === 0 ? { distributions: { iou: histogram, error } } : {}),
  });
}

async function makeData(folder: string): Promise<GroundTruth> {
  const path = join(folder, "truth.json");
  const present = await Deno.readTextFile(path).catch(() => undefined);
  if (present !== undefined) return JSON.parse(present);
  await Deno.mkdir(folder, { recursive: true });
  const create = { width: 64, height: 48, channels: 3 as const, background: "#406080" };
  const images = Array.from({ length: IMAGES }, (_, i) => ({
    id: i + 1,
    file_name: i === 0 ? EVIL_FILE : `${i + 1}.png`,
    width: 64,
    height: 48,
  }));
  for (const { file_name } of images) await sharp({ create }).png().toFile(join(folder, file_name));
  const truth = {
    images,
    categories: [{ id: 5, name: EVIL }, { id: 9, name: "never seen" }],
    annotations: images.flatMap(({ id }) => [
      { id: 2 * id, image_id: id, category_id: 5, bbox: [8, 8, 20, 20] as const, iscrowd: 0 },
      { id: 2 * id + 1, image_id: id, category_id: 5, bbox: [36, 8, 20, 30] as const, iscrowd: 0 },
    ]),
  };
  await writeJson(path, truth);
  return truth;
}

/** Of each image: one box off by `shift` pixels, one exact, one of nothing, one that is unsure. */
function detectionsOf({ images }: GroundTruth, shift: number): Detection[] {
  return images.flatMap(({ id }) => {
    const common = { image_id: id, category_id: 5 };
    return [
      { ...common, bbox: [8 + shift, 8, 20, 20] as const, score: 0.9 },
      { ...common, bbox: [36, 8, 20, 30] as const, score: 0.8 },
      { ...common, bbox: [2, 40, 6, 6] as const, score: 0.6 + id / 100 },
      { ...common, bbox: [30, 30, 9, 9] as const, score: 0.125 },
    ];
  });
}

/** Writes JSON. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await Deno.writeTextFile(path, JSON.stringify(value));
}

/** Works in a folder that is gone afterwards. */
export async function inTempFolder(work: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "report_test_" });
  try {
    await work(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}
