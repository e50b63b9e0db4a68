/** What an ablation's runs found, side by side. @module */
import { compare, type Difference, type Spread, spreadOf } from "../../reports/statistics.ts";
import { inferenceFolder } from "../train/run_folder.ts";
import type { PlannedRun } from "./ablate_plan.ts";
import { type Variant, VARIANT_NAMES } from "./ablate_variants.ts";

/** Figures shown, of those in a run's `metrics.json`. */
const FIGURES = ["AP", "AP50", "AP75", "AP90"] as const;

type FigureName = typeof FIGURES[number];

/** A variant over its seeds, on one data set. */
export interface VariantResult {
  readonly dataset: string;
  readonly variant: Variant;
  readonly seeds: readonly number[];
  /** 0…1; absent where undefined, as AP without ground truth is. */
  readonly figures: { readonly [Name in FigureName]?: Spread };
  /** AP less the baseline's; absent for the baseline, and where there is none. */
  readonly gain?: Difference;
}

interface RunFigures {
  readonly run: PlannedRun;
  readonly figures: Readonly<Record<string, unknown>>;
}

/**
 * The results of runs that are complete, by data set, then variant.
 * @throws SyntaxError where a run's `metrics.json` is not JSON
 */
export async function readResults(complete: readonly PlannedRun[]): Promise<VariantResult[]> {
  const datasets = Object.keys(complete[0]?.config.DATASETS.TEST ?? {});
  const results: VariantResult[] = [];
  for (const dataset of datasets) {
    const found: RunFigures[] = [];
    for (const run of complete) {
      const path = inferenceFolder(run.folder, dataset).metrics;
      found.push({ run, figures: JSON.parse(await Deno.readTextFile(path)) });
    }
    for (const variant of VARIANT_NAMES) results.push(...resultOf(variant, found, dataset));
  }
  return results;
}

function resultOf(
  variant: Variant,
  found: readonly RunFigures[],
  dataset: string,
): VariantResult[] {
  const own = found.filter(({ run }) => run.variant === variant);
  if (own.length === 0) return [];
  const figures: { [Name in FigureName]?: Spread } = {};
  for (const name of FIGURES) {
    const values = seeded(own, name).map(({ value }) => value);
    if (values.length > 0) figures[name] = spreadOf(values);
  }
  const baseline = seeded(found.filter(({ run }) => run.variant === "baseline"), "AP");
  const APs = seeded(own, "AP");
  const hasGain = variant !== "baseline" && baseline.length > 0 && APs.length > 0;
  return [{
    dataset,
    variant,
    seeds: own.map(({ run }) => run.seed),
    figures,
    ...(hasGain && { gain: compare(baseline, APs) }),
  }];
}

/** A figure of each run that has it; −1 stands for undefined, as in pycocotools. */
function seeded(runs: readonly RunFigures[], name: FigureName): { seed: number; value: number }[] {
  return runs.flatMap(({ run: { seed }, figures }) => {
    const value = figures[name];
    return typeof value === "number" && value >= 0 ? [{ seed, value }] : [];
  });
}

/** The results as lines of a table, in percent. */
export function resultLines(results: readonly VariantResult[]): string[] {
  const lines: string[] = [];
  for (const dataset of new Set(results.map((result) => result.dataset))) {
    const rows = results.filter((result) => result.dataset === dataset).map(cells);
    const table = [[dataset, "runs", ...FIGURES, "AP over the baseline, 95 % interval"], ...rows];
    const widths = table[0]!.map((_, i) => Math.max(...table.map((row) => row[i]!.length)));
    lines.push(
      ...table.map((row) => row.map((cell, i) => cell.padEnd(widths[i]!)).join("  ").trimEnd()),
    );
  }
  return lines;
}

function cells({ variant, seeds, figures, gain }: VariantResult): string[] {
  return [
    variant,
    String(seeds.length),
    ...FIGURES.map((name) => showSpread(figures[name])),
    gain ? showGain(gain) : "",
  ];
}

function showSpread(spread: Spread | undefined): string {
  if (!spread) return "–";
  const mean = percent(spread.mean);
  return spread.deviation === undefined ? mean : `${mean} ± ${percent(spread.deviation)}`;
}

function showGain({ mean, interval }: Difference): string {
  const gain = signed(mean);
  if (!interval) return `${gain} (of one seed: what is noise is unknown)`;
  return `${gain} [${interval.map(signed).join(", ")}]`;
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${percent(Math.abs(value))}`;
}

function percent(value: number): string {
  return (100 * value).toFixed(1);
}
