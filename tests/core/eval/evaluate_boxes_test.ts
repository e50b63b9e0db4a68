import assert from "node:assert/strict";
import { RECALL_THRESHOLDS } from "../../../core/eval/accumulate.ts";
import { IOU_THRESHOLDS } from "../../../core/eval/match.ts";
import {
  AP_BY_IOU,
  type Detection,
  evaluateBoxes,
  type GroundTruth,
  STANDARD_FIGURES,
} from "../../../core/eval/mod.ts";
import { DataError } from "../../../core/runtime/errors.ts";

/** What tests/fixtures/coco_eval/make.py writes: pycocotools' own figures. */
interface Expected {
  readonly stats: Record<string, number>;
  readonly by_iou: readonly number[];
  readonly per_class: Record<string, { AP: number; AP50: number; AR100: number }>;
  readonly iou_thresholds: readonly number[];
  readonly recall_thresholds: readonly number[];
}
interface Case {
  readonly truth: GroundTruth;
  readonly detections: Detection[];
  readonly id_made_zero: number;
  readonly expected: Expected;
  readonly no_detections: Expected;
  readonly no_truth: Expected;
  readonly nothing: Expected;
  readonly id_zero: Expected;
}

const TOLERANCE = 1e-12;
const SMALL: Case = JSON.parse(
  Deno.readTextFileSync(new URL("../../fixtures/coco_eval/case.json", import.meta.url)),
);
const SHARED = new URL("../../../../shared/data/eval/coco_val2014_100/", import.meta.url);

function assertNear(actual: number, expected: number | undefined, name: string): void {
  const near = expected !== undefined && Math.abs(actual - expected) <= TOLERANCE;
  assert.ok(near, `${name}: ${actual}, expected ${expected}`);
}

function assertEquals(truth: GroundTruth, detections: Detection[], expected: Expected): void {
  const result = evaluateBoxes(truth, detections);
  for (const name of STANDARD_FIGURES) assertNear(result[name], expected.stats[name], name);
  AP_BY_IOU.forEach((name, t) => assertNear(result[name], expected.by_iou[t], name));
  assert.equal(result.per_class.length, Object.keys(expected.per_class).length);
  for (const c of result.per_class) {
    const wanted = expected.per_class[c.category_id];
    for (const name of ["AP", "AP50", "AR100"] as const) {
      assertNear(c[name], wanted?.[name], `${c.name} ${name}`);
    }
  }
}

Deno.test("the thresholds are numpy's, bit for bit", () => {
  assert.deepEqual(IOU_THRESHOLDS, SMALL.expected.iou_thresholds);
  assert.deepEqual(RECALL_THRESHOLDS, SMALL.expected.recall_thresholds);
});

Deno.test("evaluateBoxes() equals pycocotools on crowds, ties, ignored areas and empty classes", () => {
  assertEquals(SMALL.truth, SMALL.detections, SMALL.expected);
});

Deno.test("evaluateBoxes() gives 0 for no detections, as pycocotools", () => {
  assertEquals(SMALL.truth, [], SMALL.no_detections);
});

Deno.test("evaluateBoxes() gives -1 where there is nothing to find, as pycocotools", () => {
  const nothing = { ...SMALL.truth, annotations: [] };
  assertEquals(nothing, SMALL.detections, SMALL.no_truth);
  assertEquals(nothing, [], SMALL.nothing);
  const result = evaluateBoxes({ images: [], categories: [], annotations: [] }, []);
  assert.equal(result.AP, -1);
  assert.deepEqual(result.precision_curves.precision, []);
});

Deno.test("evaluateBoxes() follows pycocotools on annotation id 0, and says so", () => {
  const annotations = SMALL.truth.annotations
    .map((a) => a.id === SMALL.id_made_zero ? { ...a, id: 0 } : a);
  assertEquals({ ...SMALL.truth, annotations }, SMALL.detections, SMALL.id_zero);
  assert.notEqual(SMALL.id_zero.stats.AP, SMALL.expected.stats.AP);
  const { notes } = evaluateBoxes({ ...SMALL.truth, annotations }, SMALL.detections);
  assert.match(notes.join(), /id 0/);
});

Deno.test("evaluateBoxes() does not depend on the order of images and classes", () => {
  const { images, categories, annotations } = SMALL.truth;
  const turned = { images: images.toReversed(), categories: categories.toReversed(), annotations };
  assert.deepEqual(
    evaluateBoxes(turned, SMALL.detections),
    evaluateBoxes(SMALL.truth, SMALL.detections),
  );
});

Deno.test("evaluateBoxes() counts, and its curves average to its figures", () => {
  const { counts, precision_curves, AP50, AP90, per_class, notes } = evaluateBoxes(
    SMALL.truth,
    SMALL.detections,
  );
  const crowds = SMALL.truth.annotations.filter((a) => a.iscrowd).length;
  assert.ok(crowds > 0);
  assert.deepEqual(counts, {
    images: SMALL.truth.images.length,
    categories: SMALL.truth.categories.length,
    annotations: SMALL.truth.annotations.length - crowds,
    crowds,
    detections: SMALL.detections.length,
  });
  assert.deepEqual(per_class.map((c) => c.category_id), [1, 3, 8, 17, 44, 90]);
  assert.equal(per_class.reduce((n, c) => n + c.detections, 0), SMALL.detections.length);
  assert.deepEqual(notes, []);
  const average = (t: number) =>
    (precision_curves.precision[t] ?? []).reduce((a, b) => a + b, 0) / 101;
  assertNear(average(0), AP50, "AP50 from its curve");
  assertNear(average(8), AP90, "AP90 from its curve");
});

Deno.test("evaluateBoxes() leaves out and lists detections of unknown images and classes", () => {
  const [first] = SMALL.detections;
  assert.ok(first);
  const strangers = [
    ...Array.from({ length: 6 }, (_, i) => ({ ...first, image_id: 1000 - i })),
    { ...first, category_id: 0 },
  ];
  const result = evaluateBoxes(SMALL.truth, [...strangers, ...SMALL.detections]);
  const plain = evaluateBoxes(SMALL.truth, SMALL.detections);
  assert.equal(result.AP, plain.AP);
  assert.equal(result.counts.detections, plain.counts.detections);
  assert.deepEqual(result.mismatches, {
    detections: 7,
    image_ids: [995, 996, 997, 998, 999],
    category_ids: [0],
  });
  assert.match(
    result.notes.join(),
    /7 of the detections .*995, 996, 997, 998, 999, … and category_id 0,/,
  );
});

Deno.test("evaluateBoxes() takes the box's area where an annotation has none", () => {
  const truth = {
    images: [{ id: 1 }],
    categories: [{ id: 1, name: "a" }],
    annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [0, 0, 20, 20] as const }],
  };
  const result = evaluateBoxes(truth, [
    { image_id: 1, category_id: 1, bbox: [0, 0, 20, 20], score: 0.9 },
  ]);
  assertNear(result.APs, 1, "APs");
  assert.equal(result.APm, -1);
});

Deno.test("evaluateBoxes() refuses a score that is not a number, naming the detection", () => {
  const [first, second] = SMALL.detections;
  assert.ok(first && second);
  assert.throws(
    () => evaluateBoxes(SMALL.truth, [first, { ...second, score: NaN }]),
    (error) => error instanceof DataError && /detection 1 .*NaN/.test(error.message),
  );
});

const absent = !exists(SHARED);
Deno.test({
  name: `evaluateBoxes() gives COCO's 12 reference figures${
    absent ? " (skipped: no ../shared)" : ""
  }`,
  ignore: absent,
  fn: async () => {
    const read = async (file: string) => JSON.parse(await Deno.readTextFile(new URL(file, SHARED)));
    const expected: { stats: Record<string, number> } = await read("expected.json");
    const result = evaluateBoxes(await read("gt.json"), await read("dt.json"));
    for (const name of STANDARD_FIGURES) assertNear(result[name], expected.stats[name], name);
  },
});

function exists(url: URL): boolean {
  try {
    return Deno.statSync(url).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
