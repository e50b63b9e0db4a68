/**
 * The page's data equals what the runs' files say: every figure is recomputed from the files here,
 * by other code than the report's.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { reportData } from "../../reports/mod.ts";
import type { Figure, ReportData, Trace } from "../../reports/types.ts";
import { EVIL, inTempFolder, makeRun } from "../_support/report_run.ts";

/** As the page rounds. */
function short(value: number): number {
  return Number(value.toPrecision(5));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  const squares = values.map((v) => (v - mean(values)) ** 2);
  return Math.sqrt(squares.reduce((sum, v) => sum + v, 0) / (values.length - 1));
}

interface ReadRun {
  readonly result: Record<string, number> & {
    per_class: { name: string; AP: number; AP90: number }[];
    precision_curves: { precision: number[][] };
  };
  readonly metrics: (Record<string, number> & { distributions?: { iou: { counts: number[] } } })[];
}

async function readFiles(folder: string): Promise<ReadRun> {
  const read = (...path: string[]) => Deno.readTextFile(join(folder, ...path));
  const lines = (await read("metrics.jsonl")).trim().split("\n");
  return {
    result: JSON.parse(await read("inference", "mine", "metrics.json")),
    metrics: lines.map((line) => JSON.parse(line)),
  };
}

function figure(data: ReportData, id: string): Figure {
  const found = data.figures.find((f) => f.id === id);
  assert.ok(found, `figure ${id} of ${data.figures.map((f) => f.id).join(", ")}`);
  return found;
}

function trace(
  { id, views }: Figure,
  { view = 0, ...wanted }: { view?: number; kind: Trace["kind"]; group?: number; run?: number },
): Trace {
  const found = views[view]?.traces.find((t) =>
    t.kind === wanted.kind && t.group === (wanted.group ?? t.group) &&
    t.run === (wanted.run ?? t.run)
  );
  assert.ok(found, `${id}: ${JSON.stringify(wanted)}`);
  return found;
}

/** Baseline seeds 1 and 2 in group 0, dynamic seeds 1 and 2 in group 1. */
async function fourRuns(root: string): Promise<{ data: ReportData; files: ReadRun[] }> {
  const runs: string[] = [];
  for (const [name, dynamic] of [["fixed", false], ["dynamic", true]] as const) {
    for (const seed of [1, 2]) {
      const shift = seed + (dynamic ? 0 : 3);
      runs.push(await makeRun(root, { name, seed, dynamic, shift }));
    }
  }
  const data = await reportData({ runs, root });
  return { data, files: await Promise.all(runs.map(readFiles)) };
}

Deno.test("reportData() has the figures of every run's metrics.json", async () => {
  await inTempFolder(async (root) => {
    const { data, files } = await fourRuns(root);
    assert.deepEqual(data.runs.map((r) => [r.label, r.group, r.seed]), [
      ["fixed, seed 1", 0, 1],
      ["fixed, seed 2", 0, 2],
      ["dynamic, seed 1", 1, 1],
      ["dynamic, seed 2", 1, 2],
    ]);
    for (const [i, { result, metrics }] of files.entries()) {
      for (const [name, value] of Object.entries(data.runs[i]?.figures.mine ?? {})) {
        assert.equal(value, result[name], name);
      }
      assert.ok(Math.abs(data.runs[i]!.seconds! - metrics.reduce((s, m) => s + m.time!, 0)) < 1e-9);
      assert.equal(data.runs[i]!.peakMemory, Math.max(...metrics.map((m) => m.memory!)));
    }
    assert.notEqual(files[0]!.result.AP, files[2]!.result.AP, "the runs differ");
  });
});

Deno.test("reportData() draws AP by IoU, gains, sizes, classes and seeds from metrics.json", async () => {
  await inTempFolder(async (root) => {
    const { data, files } = await fourRuns(root);
    const of = (name: string) => files.map(({ result }) => result[name]!);
    const thresholds = [50, 55, 60, 65, 70, 75, 80, 85, 90, 95];
    const byIou = trace(figure(data, "ap_by_iou_0"), { kind: "line", group: 1 });
    assert.deepEqual(byIou.x, thresholds.map((t) => t / 100));
    assert.deepEqual(byIou.y, thresholds.map((t) => mean(of(`AP${t}`).slice(2))));
    const band = trace(figure(data, "ap_by_iou_0"), { kind: "band", group: 1 });
    const [low] = [of("AP50").slice(2)].map((v) => mean(v) - deviation(v));
    assert.equal(band.lower?.[0], low);
    const gain = trace(figure(data, "gain_by_iou_0"), { kind: "line", group: 1 });
    const ap75 = of("AP75");
    assert.equal(gain.y?.[5], mean([ap75[2]! - ap75[0]!, ap75[3]! - ap75[1]!]));
    const seeds = trace(figure(data, "seeds_0"), { kind: "cloud", group: 0 });
    assert.deepEqual(seeds.x, of("AP").slice(0, 2));
    const sizes = trace(figure(data, "sizes_0"), { kind: "points", group: 0 });
    assert.deepEqual(sizes.x, ["small"]);
    assert.deepEqual(sizes.y, [mean(of("APs").slice(0, 2))]);
    const classes = trace(figure(data, "classes_0"), { kind: "points", group: 1 });
    assert.deepEqual(classes.y, [EVIL]);
    const ofClass = files.slice(2).map(({ result }) => result.per_class[0]!.AP);
    assert.deepEqual(classes.x, [mean(ofClass)]);
    const precision = trace(figure(data, "precision_0"), { view: 1, kind: "line", group: 0 });
    const at75 = files.slice(0, 2).map(({ result }) => result.precision_curves.precision[5]!);
    assert.deepEqual(precision.y, at75[0]!.map((v, r) => short(mean([v, at75[1]![r]!]))));
  });
});

Deno.test("reportData() draws curves, criteria and distributions from metrics.jsonl", async () => {
  await inTempFolder(async (root) => {
    const { data, files } = await fourRuns(root);
    const [fixed, , dynamic, second] = files.map((f) => f.metrics);
    for (
      const field of ["loss", "rpn_cls_loss", "rcnn_bbox_loss", "grad_norm", "time", "positives"]
    ) {
      const raw = trace(figure(data, field), { kind: "raw", run: 0 });
      assert.deepEqual(raw.x, fixed!.map((m) => m.iteration));
      assert.deepEqual(raw.y, fixed!.map((m) => short(m[field]!)), field);
    }
    const loss = trace(figure(data, "loss"), { kind: "line", group: 1 });
    const around = (rows: ReadRun["metrics"]) => mean(rows.slice(4, 7).map((m) => m.loss!));
    assert.equal(loss.y?.[5], short(mean([around(dynamic!), around(second!)])));
    const beta = trace(figure(data, "rcnn_beta"), { kind: "step", group: 1 });
    assert.deepEqual([beta.x, beta.y], [[1, 7, 12], [1, 0.25, 0.25]]);
    const seen = trace(figure(data, "rcnn_iou"), { kind: "cloud", run: 2 });
    assert.deepEqual(seen.y, dynamic!.map((m) => short(m.rcnn_iou_new!)));
    const iou = figure(data, "iou_distribution_1").views[0]!.traces;
    assert.deepEqual(iou.map((t) => t.legend), ["iteration 4", "iteration 8", "iteration 12"]);
    const counts = dynamic![7]!.distributions!.iou.counts;
    const total = counts[0]! + counts[1]!;
    assert.deepEqual(iou[1]?.y, counts.map((c) => short(c / total)));
    assert.deepEqual(iou[1]?.x, [0.25, 0.75]);
  });
});

Deno.test("reportData() draws SmoothL1 and its gradient at the βs that were in force", async () => {
  await inTempFolder(async (root) => {
    const { data } = await fourRuns(root);
    const { views } = figure(data, "smooth_l1");
    assert.deepEqual(views.map((v) => [v.label, v.traces.length]), [["dynamic", 2], ["fixed", 1]]);
    const at = (t: Trace | undefined, x: number) => t?.y?.[t.x.indexOf(x)];
    const [early, late] = views[0]!.traces;
    assert.equal(early?.legend, "β 1.0, iteration 1");
    assert.equal(at(early, 0.5), 0.125);
    assert.equal(at(late, 0.5), 0.375);
    const gradient = figure(data, "smooth_l1_gradient").views[0]!.traces;
    assert.equal(at(gradient[0], 0.5), 0.5);
    assert.equal(at(gradient[1], 0.5), 1);
  });
});

Deno.test("reportData() counts errors and confusions from the detections themselves", async () => {
  await inTempFolder(async (root) => {
    const { data } = await fourRuns(root);
    // In each of 4 images the box at (2, 40) touches nothing and the unsure one an object by an IoU
    // of 24 / 657; all objects are found.
    const counts = trace(figure(data, "errors_0"), { view: 1, kind: "bars", group: 1 });
    const byKind = Object.fromEntries(counts.x.map((kind, i) => [kind, counts.y?.[i]]));
    assert.equal(byKind.background, 8);
    assert.equal(byKind.missed, 0);
    const matrix = trace(figure(data, "confusion_0"), { view: 1, kind: "heat" });
    // 8 objects found as what they are, 4 sure detections of nothing.
    assert.deepEqual(matrix.z, [[8, 0, 0], [0, 0, 0], [4, 0, 0]]);
  });
});

Deno.test("reportData() shows the pictures that runs disagree on, with scores and IoUs", async () => {
  await inTempFolder(async (root) => {
    const { data } = await fourRuns(root);
    assert.deepEqual(data.pictures.map((p) => p.image), [1, 2, 3, 4]);
    const [picture] = data.pictures;
    assert.deepEqual(picture?.found.map((f) => f.run), [0, 1, 2, 3]);
    const loose = picture?.found[0]?.boxes.find((b) => b.score === 0.9);
    // Off by 4 pixels of 20: 16 · 20 of 24 · 20.
    assert.equal(loose?.iou, Number((16 / 24).toFixed(3)));
    assert.equal(picture?.found[0]?.boxes.length, 3, "the unsure one is left out");
    // The loose box fits with (20 − s) / (20 + s) at shifts of 4, 5, 1 and 2 pixels.
    assert.equal(picture?.disagreement, Number((19 / 21 - 15 / 25).toFixed(3)));
    assert.match(picture?.dataUri ?? "", /^data:image\/jpeg;base64,/);
  });
});

Deno.test("reportData() without pictures reads no detections", async () => {
  await inTempFolder(async (root) => {
    const runs = [await makeRun(root, { name: "cells" })];
    const data = await reportData({ runs, root, pictures: false });
    assert.deepEqual(data.pictures, []);
    assert.equal(data.figures.some((f) => f.id.startsWith("errors")), false);
  });
});
