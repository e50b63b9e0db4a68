import assert from "node:assert/strict";
import { answerOf } from "../../reports/answer.ts";
import type { Group, PlacedRun } from "../../reports/groups.ts";

function group(
  label: string,
  aps: readonly number[],
  { isBaseline = false, AP90 = 0.1 } = {},
): Group {
  const runs = aps.map((AP, i): PlacedRun => ({
    name: label,
    folder: label,
    config: {},
    environment: {},
    metrics: [],
    problems: [],
    index: i,
    group: 0,
    label,
    seed: i + 1,
    inference: [{
      dataset: "val",
      figures: { AP, AP90: AP90 + AP / 100 },
      perClass: [],
      images: undefined,
      curves: undefined,
      notes: [],
      predictionsFile: "",
    }],
  }));
  return { label, config: {}, runs, isBaseline, color: 0 };
}

function answer(...groups: Group[]): string {
  return answerOf(groups, "val").join(" ");
}

Deno.test("answerOf() calls a steady gain more than noise, with the numbers", () => {
  const text = answer(
    group("base", [0.5, 0.52, 0.51], { isBaseline: true }),
    group("both", [0.6, 0.62, 0.612]),
  );
  assert.match(text, /^both is best on val: 0\.611, \+0\.101 against the baseline base;/);
  assert.match(
    text,
    /more than the seeds' noise\. Paired over 3 seeds, its 95\u00a0% interval is /,
  );
  // Differences 0.1, 0.1, 0.102: mean 0.10067, error 0.000667, t(2) 4.30265.
  assert.match(text, /\+0\.098 to \+0\.104 \(p < 0\.001\)\./);
});

Deno.test("answerOf() calls a gain that seeds do not agree on noise", () => {
  const text = answer(
    group("base", [0.5, 0.56, 0.51], { isBaseline: true }),
    group("both", [0.56, 0.55, 0.53]),
  );
  assert.match(text, /^both has the highest AP on val: .* that is within the seeds' noise\./);
});

Deno.test("answerOf() corrects for how many the best was picked from", () => {
  const base = group("base", [0.5, 0.52, 0.51], { isBaseline: true });
  const best = group("best", [0.54, 0.58, 0.55]);
  assert.match(answer(base, best), /^best is best/);
  const crowd = ["x", "y", "z"].map((label) => group(label, [0.4, 0.41, 0.42]));
  const text = answer(base, best, ...crowd);
  assert.match(text, /corrected for 4 comparisons/);
  assert.match(text, /best has the highest AP.*within the seeds' noise/);
});

Deno.test("answerOf() knows no noise from one seed", () => {
  const text = answer(group("base", [0.5], { isBaseline: true }), group("both", [0.6]));
  assert.match(text, /\+0\.100 against the baseline base; that is from one seed, so whether/);
  assert.match(answer(group("alone", [0.5])), /^alone reaches AP 0\.500 on val; from one seed/);
  assert.match(answer(group("alone", [0.5, 0.6])), /0\.550 on val ± 0\.071 \(mean and sample/);
});

Deno.test("answerOf() tells where a difference is of the seeds in common alone", () => {
  const base = group("base", [0.5, 0.52, 0.7], { isBaseline: true });
  const text = answer(base, group("both", [0.6, 0.62]));
  assert.match(text, /0\.610, \+0\.100 against the baseline base over the 2 seeds that both have;/);
});

Deno.test("answerOf() says so where the baseline wins, and where nothing was tested", () => {
  const text = answer(group("base", [0.6, 0.61], { isBaseline: true }), group("b", [0.5, 0.52]));
  assert.match(text, /^base .*against b;/);
  assert.match(text, /At IoU 0\.9 nothing beats the baseline either/);
  assert.match(answerOf([], undefined).join(), /^No run has been tested yet/);
});

Deno.test("answerOf() tells the lead over the second where that is not the baseline", () => {
  const text = answer(
    group("base", [0.5, 0.51], { isBaseline: true }),
    group("second", [0.58, 0.6]),
    group("first", [0.59, 0.6]),
  );
  assert.match(text, /Its lead over the second, second, is \+0\.005: within the seeds' noise\./);
});
