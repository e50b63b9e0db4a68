/**
 * The check of TEST.EXPECTED_RESULTS: whether figures lie where earlier runs of the same experiment had them.
 * Source: check_expected_results in the original's dynamic_rcnn/datasets/evaluation/coco/coco_eval.py.
 * @module
 */
import { AP_BY_IOU, type EvaluationResult, type Figures, STANDARD_FIGURES } from "../eval/mod.ts";
import type { Config } from "./config_types.ts";

/** The original's names of the recalls, which pycocotools gives in our form. */
const ORIGINAL_NAMES = {
  "AR@1": "AR1",
  "AR@10": "AR10",
  "AR@100": "AR100",
  "ARs@100": "ARs",
  "ARm@100": "ARm",
  "ARl@100": "ARl",
} as const satisfies Record<string, keyof Figures>;

/** A figure under one of its names. */
export type ExpectedMetric = keyof Figures | keyof typeof ORIGINAL_NAMES;

/** All names that an expectation may use. */
export const EXPECTED_METRICS: readonly ExpectedMetric[] = [
  ...new Set([...STANDARD_FIGURES, ...AP_BY_IOU, ...originalNames()]),
];

/** One expectation and what came of it. Figures are 0…1, or −1 where undefined. */
export interface ExpectedCheck {
  readonly dataset: string;
  readonly task: "bbox";
  readonly metric: ExpectedMetric;
  readonly mean: number;
  readonly std: number;
  readonly actual: number;
  /** Both ends of the allowed range, mean ± EXPECTED_RESULTS_SIGMA_TOL · std; neither is allowed itself. */
  readonly low: number;
  readonly high: number;
  readonly ok: boolean;
}

/** Checks the figures of one test set; as in the original, every test set has the same expectations. */
export function checkExpectedResults(
  dataset: string,
  result: EvaluationResult,
  { EXPECTED_RESULTS, EXPECTED_RESULTS_SIGMA_TOL }: Config["TEST"],
): ExpectedCheck[] {
  return EXPECTED_RESULTS.map(([task, metric, [mean, std]]) => {
    const actual = result[isOriginalName(metric) ? ORIGINAL_NAMES[metric] : metric];
    const low = mean - EXPECTED_RESULTS_SIGMA_TOL * std;
    const high = mean + EXPECTED_RESULTS_SIGMA_TOL * std;
    const ok = low < actual && actual < high;
    return { dataset, task, metric, mean, std, actual, low, high, ok };
  });
}

/** A check as a line for people, in the original's words. */
export function describeCheck(check: ExpectedCheck): string {
  const { dataset, task, metric, mean, std, actual, low, high, ok } = check;
  const range = `range=(${low.toFixed(4)}, ${high.toFixed(4)})`;
  return `${
    ok ? "PASS" : "FAIL"
  }: ${dataset}: ${task} > ${metric} sanity check (actual vs. expected): ${
    actual.toFixed(4)
  } vs. mean=${mean.toFixed(4)}, std=${std}, ${range}`;
}

function originalNames(): (keyof typeof ORIGINAL_NAMES)[] {
  return Object.keys(ORIGINAL_NAMES).filter(isOriginalName);
}

function isOriginalName(metric: string): metric is keyof typeof ORIGINAL_NAMES {
  return Object.hasOwn(ORIGINAL_NAMES, metric);
}
