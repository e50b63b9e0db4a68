/**
 * The page's first sentence: which configuration is best, by how much, and is it more than noise.
 *
 * Differences are judged by a two-sided t test, paired over seeds where they pair, at 5 % after
 * Bonferroni's correction for how many configurations the best was picked from.
 * @module
 */

import { type Group, valuesOf } from "./groups.ts";
import { compare, type Difference, type Seeded, spreadOf } from "./statistics.ts";

const LEVEL = 0.05;

interface Rated {
  readonly label: string;
  readonly isBaseline: boolean;
  readonly values: readonly Seeded[];
  readonly mean: number;
}

/** The answer on one data set, from the figures of its runs; a few sentences. */
export function answerOf(groups: readonly Group[], dataset: string | undefined): string[] {
  const rated = dataset === undefined ? [] : rate(groups, { dataset, figure: "AP" });
  const [best, second] = rated;
  if (dataset === undefined || !best) {
    return ["No run has been tested yet, so there is nothing to rank."];
  }
  if (!second) return [alone(best, dataset)];
  const comparisons = rated.length - 1;
  const base = rated.find((r) => r.isBaseline);
  const reference = base && base !== best ? base : second;
  const lead = judge(best, { reference, comparisons });
  const sentences = [
    `${best.label} ${lead.isClear ? "is best" : "has the highest AP"} on ${dataset}: ` +
    `${best.mean.toFixed(3)}, ${signed(lead.difference.mean)} against ${nameOf(reference)}` +
    `${shared(lead.difference, [best, reference])}; that is ${lead.verdict}.`,
    ...lead.evidence,
  ];
  if (reference !== second) {
    const next = judge(best, { reference: second, comparisons });
    sentences.push(
      `Its lead over the second, ${second.label}, is ${signed(next.difference.mean)}: ` +
        `${next.verdict}.`,
    );
  }
  return [...sentences, ...strictest(rate(groups, { dataset, figure: "AP90" }))];
}

/** Groups with a value of the figure, best mean first. */
function rate(groups: readonly Group[], what: { dataset: string; figure: string }): Rated[] {
  return groups.flatMap((group): Rated[] => {
    const values = valuesOf(group, what);
    if (values.length === 0) return [];
    const { label, isBaseline } = group;
    return [{ label, isBaseline, values, mean: spreadOf(values.map((v) => v.value)).mean }];
  }).sort((a, b) => b.mean - a.mean);
}

function alone({ label, values }: Rated, dataset: string): string {
  const { mean, deviation, n } = spreadOf(values.map((v) => v.value));
  const spread = deviation === undefined
    ? "; from one seed, so how much of that is chance is unknown."
    : ` ± ${deviation.toFixed(3)} (mean and sample standard deviation of ${n} seeds).`;
  return `${label} reaches AP ${mean.toFixed(3)} on ${dataset}${spread}`;
}

/** What the paper promises most of: boxes that fit closely. */
function strictest(rated: readonly Rated[]): string[] {
  const [best] = rated;
  const base = rated.find((r) => r.isBaseline);
  if (!best || !base || rated.length < 2) return [];
  if (best === base) {
    return [`At IoU 0.9 nothing beats the baseline either (AP90 ${base.mean.toFixed(3)}).`];
  }
  const { difference, verdict } = judge(best, { reference: base, comparisons: rated.length - 1 });
  if (Number(difference.mean.toFixed(3)) === 0) {
    return [
      `At IoU 0.9 nothing leads the baseline by as much as 0.001 (AP90 ${base.mean.toFixed(3)}).`,
    ];
  }
  return [
    `At IoU 0.9 ${best.label} leads: AP90 ${best.mean.toFixed(3)}, ` +
    `${signed(difference.mean)} against ${nameOf(base)}; that is ${verdict}.`,
  ];
}

interface Judgement {
  readonly difference: Difference;
  /** The difference is more than noise. */
  readonly isClear: boolean;
  readonly verdict: string;
  /** A sentence with the numbers behind the verdict; none where there are none. */
  readonly evidence: readonly string[];
}

/** Whether the best's lead over another is more than noise, with the evidence. */
function judge(
  best: Rated,
  { reference, comparisons }: { readonly reference: Rated; readonly comparisons: number },
): Judgement {
  const confidence = 1 - LEVEL / comparisons;
  const difference = compare(reference.values, best.values, { confidence });
  const { interval, p, n, paired } = difference;
  if (interval === undefined || p === undefined) {
    const verdict = "from one seed, so whether it is more than noise is unknown";
    return { difference, isClear: false, verdict, evidence: [] };
  }
  const corrected = Math.min(1, p * comparisons);
  const isClear = corrected < LEVEL;
  const how = paired ? `Paired over ${n} seeds` : `Unpaired, ${n} seeds or more a side`;
  const correction = comparisons > 1 ? ` corrected for ${comparisons} comparisons` : "";
  return {
    difference,
    isClear,
    verdict: isClear ? "more than the seeds' noise" : "within the seeds' noise",
    evidence: [
      `${how}, its 95\u00a0% interval${correction} is ${signed(interval[0])} to ` +
      `${signed(interval[1])} (${pText(corrected)}).`,
    ],
  };
}

/** Said where a difference is of fewer seeds than the means are, and so is not theirs. */
function shared({ paired, n }: Difference, sides: readonly Rated[]): string {
  const isAll = sides.every(({ values }) => values.length === n);
  return paired && !isAll ? ` over the ${n} seeds that both have` : "";
}

function nameOf({ label, isBaseline }: Rated): string {
  if (!isBaseline) return label;
  return label === "baseline" ? "the baseline" : `the baseline ${label}`;
}

/** With its sign, three decimals. */
export function signed(value: number): string {
  const text = Math.abs(value).toFixed(3);
  if (Number(text) === 0) return text;
  return `${value < 0 ? "−" : "+"}${text}`;
}

/** As papers write it. */
export function pText(p: number): string {
  return p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(p < 0.01 ? 3 : 2)}`;
}
