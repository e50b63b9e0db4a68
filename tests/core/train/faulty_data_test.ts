/** Bad images, bad boxes and images without boxes in training: what stops a run, what does not. */
import assert from "node:assert/strict";
import { join } from "node:path";
import sharp from "sharp";
import type { IterationMetrics } from "../../../core/train/metrics.ts";
import { setArguments } from "../../_support/command.ts";
import { type TinyRun, withTinyRun } from "../../_support/tiny_run.ts";

const ONE_ITERATION = setArguments(["SOLVER.MAX_ITER=1", "SOLVER.STEPS=[]"]);
const SKIP = setArguments(["DATALOADER.BAD_IMAGES=skip"]);

/** The image ids of the run's first batch, of a run of one iteration. */
async function firstBatch(run: TinyRun): Promise<readonly number[]> {
  const result = await run.run("train", "--fresh", ...ONE_ITERATION);
  assert.equal(result.code, 0, result.stderr);
  return (await run.metrics())[0]!.image_ids;
}

/** An image file turned bad; undefined: it is missing. What the message says of it. */
const BAD_IMAGES: Readonly<
  Record<
    string,
    { spoil(png: Uint8Array): Promise<Uint8Array> | Uint8Array | undefined; says: RegExp }
  >
> = {
  "missing": { spoil: () => undefined, says: /there is no such file/ },
  "zero bytes": { spoil: () => new Uint8Array(0), says: /the file is empty/ },
  "HTML": {
    spoil: () => new TextEncoder().encode("<!doctype html><title>404</title>"),
    says: /unsupported image format/,
  },
  "a PNG cut short": { spoil: (png) => png.subarray(0, png.length / 2), says: /Cannot decode/ },
  "a JPEG cut short": {
    spoil: async (png) => (await sharp(png).jpeg().toBuffer()).subarray(0, -200),
    says: /Cannot decode .*: (VipsJpeg: premature end|the file is damaged or cut off)/,
  },
  "one flipped bit": {
    spoil: (png) => png.map((byte, i) => i === png.length >> 1 ? byte ^ 4 : byte),
    says: /Cannot decode/,
  },
  "another size": {
    spoil: (png) => sharp(png).resize(32, 64, { fit: "fill" }).png().toBuffer(),
    says: /the file has 32×64 pixels, the annotations say 64×64/,
  },
};

Deno.test("a bad image ends a run with 3 and its path, and its file stays as it is", async (t) => {
  await withTinyRun(async (run) => {
    const [id = 0] = await firstBatch(run);
    const path = run.image(id);
    const png = await Deno.readFile(path);
    for (const [name, { spoil, says }] of Object.entries(BAD_IMAGES)) {
      await t.step(name, async () => {
        const bad = await spoil(png);
        if (bad) await Deno.writeFile(path, bad);
        else await Deno.remove(path);
        const result = await run.run("train", "--fresh");
        assert.equal(result.code, 3, result.stderr);
        const last = result.stderr.split("\n").at(-1)!;
        assert.ok(last.startsWith("error: ") && last.includes(path), last);
        assert.match(last, says);
        if (bad) assert.deepEqual(await Deno.readFile(path), Uint8Array.from(bad));
      });
    }
  });
});

Deno.test("grey, CMYK, 16-bit, palette and turned images are trained on", async () => {
  await withTinyRun(async (run) => {
    const grey16 = Uint16Array.from({ length: 64 * 64 }, (_, i) => i * 16);
    const raw = { width: 64, height: 64, channels: 1 as const };
    const images = [
      sharp(run.image(1)).toColourspace("b-w").jpeg(),
      sharp(run.image(2)).toColourspace("cmyk").jpeg(),
      sharp(grey16, { raw }).toColourspace("grey16").png(),
      sharp(run.image(4)).png({ palette: true }),
      sharp(run.image(5)).withMetadata({ orientation: 6 }).jpeg(),
    ];
    await run.edit((coco) => {
      coco.images = coco.images.slice(0, images.length);
      coco.annotations = coco.annotations.filter(({ image_id }) => image_id <= images.length);
    });
    for (const [i, image] of images.entries()) {
      await Deno.writeFile(run.image(i + 1), await image.toBuffer());
    }
    const result = await run.run(
      "train",
      ...setArguments(["SOLVER.MAX_ITER=3", "SOLVER.STEPS=[]"]),
    );
    assert.equal(result.code, 0, result.stderr);
    const seen = (await run.metrics()).flatMap(({ image_ids }) => image_ids);
    assert.deepEqual([...new Set(seen)].sort(), [1, 2, 3, 4, 5]);
  });
});

Deno.test("BAD_IMAGES=skip trains without up to 1 % of the images, and says which", async () => {
  await withTinyRun(async (run) => {
    const batch = await firstBatch(run);
    const [bad = 0, other = 0] = batch;
    await Deno.writeTextFile(run.image(bad), "");
    const skipped = await run.run("train", "--fresh", ...ONE_ITERATION, ...SKIP);
    assert.equal(skipped.code, 0, skipped.stderr);
    assert.deepEqual((await run.metrics())[0]!.image_ids, [other]);
    // Once in training, once in the test on the same images.
    const told = (await run.log()).match(
      new RegExp(`Image ${bad} is left out: .*file is empty`, "g"),
    );
    assert.equal(told?.length, 2);

    await Deno.remove(run.image(other));
    const stopped = await run.run("train", "--fresh", ...ONE_ITERATION, ...SKIP);
    assert.equal(stopped.code, 3);
    assert.match(stopped.stderr, /2 of its 100 images are bad, more than 1 %/);
  }, 100);
});

Deno.test("bad boxes are counted in one line of the log, and training goes on", async () => {
  await withTinyRun(async (run) => {
    await run.edit(({ annotations }) => {
      const [first] = annotations;
      const add = (id: number, change: object) => annotations.push({ ...first!, id, ...change });
      add(101, { bbox: [70, 8, 16, 16] });
      add(102, { bbox: [8, 8, 0, 16] });
      add(103, { bbox: [8, null, 16, 16] });
      add(1, {});
      add(105, { category_id: 4 });
      add(106, { image_id: 99 });
      add(107, { bbox: [8, 8, -4, 16] });
    });
    const result = await run.run("train", ...ONE_ITERATION);
    assert.equal(result.code, 0, result.stderr);
    const lines = (await run.log()).split("\n").filter((line) => line.includes("bad entries"));
    assert.equal(lines.length, 1);
    assert.ok(lines[0]!.includes(`WARNING: ${run.data.annFile} has 7 bad entries: `), lines[0]);
    for (const id of [101, 102, 103, 1, 105, 106, 107]) {
      assert.match(lines[0]!, new RegExp(`1 [^;]*: id ${id}\\b`));
    }
  });
});

/** Criteria by the paper's rule, from the statistics that a run reported. */
function criteriaAfter(metrics: readonly IterationMetrics[]): { iou: number; beta: number } {
  const ious = metrics.map(({ rcnn_iou_new }) => rcnn_iou_new);
  const errors = metrics.map(({ rcnn_error_new }) => rcnn_error_new).sort((a, b) => a - b);
  const mean = ious.reduce((sum, iou) => sum + iou, 0) / ious.length;
  return { iou: Math.max(mean, 0.2), beta: Math.min(errors[errors.length >> 1]!, 4) };
}

Deno.test("a batch with a crowd-only image is left out, its iteration counts, and the criteria change on time", async () => {
  await withTinyRun(async (run) => {
    assert.equal((await run.run("train")).code, 0);
    const unbroken = await run.metrics();
    // An image of iteration 3, after which the criteria change (ITERATION_COUNT is 3).
    const crowd = unbroken[2]!.image_ids[0]!;
    await run.edit(({ annotations }) => {
      for (const annotation of annotations) {
        if (annotation.image_id === crowd) annotation.iscrowd = 1;
      }
    });
    const result = await run.run("train", "--fresh");
    assert.equal(result.code, 0, result.stderr);
    const metrics = await run.metrics();
    const trained = unbroken.filter(({ image_ids }) => !image_ids.includes(crowd));
    assert.deepEqual(
      metrics.map(({ iteration, image_ids }) => [iteration, image_ids]),
      trained.map(({ iteration, image_ids }) => [iteration, image_ids]),
    );
    const log = await run.log();
    for (const { iteration, image_ids } of unbroken) {
      const told = log.includes(`Iteration ${iteration} left out: no boxes in image ${crowd}.`);
      assert.equal(told, image_ids.includes(crowd), `iteration ${iteration}`);
    }
    for (let from = 1; from < 12; from += 3) {
      const span = metrics.filter((m) => m.iteration >= from && m.iteration < from + 3);
      const next = metrics.find((m) => m.iteration >= from + 3);
      if (!next || span.length === 0) continue;
      const { iou, beta } = criteriaAfter(span);
      assert.ok(Math.abs(next.rcnn_iou - iou) < 1e-12, `${next.rcnn_iou} is ${iou}`);
      assert.equal(next.rcnn_beta, beta);
    }
    assert.ok(metrics.some(({ rcnn_iou }) => rcnn_iou > 0.2), "the threshold moved");
  });
});

Deno.test("images without any box are not trained on, but tested", async () => {
  await withTinyRun(async (run) => {
    await run.edit((coco) => {
      coco.annotations = coco.annotations.filter(({ image_id }) => image_id !== 2);
    });
    const result = await run.run(
      "train",
      ...setArguments(["SOLVER.MAX_ITER=4", "SOLVER.STEPS=[]"]),
    );
    assert.equal(result.code, 0, result.stderr);
    const seen = (await run.metrics()).flatMap(({ image_ids }) => image_ids);
    assert.deepEqual([...new Set(seen)].sort(), [1, 3, 4, 5, 6, 7]);
    const predictions = join(run.folder.inference, "tiny", "predictions.json");
    const found: { image_id: number }[] = JSON.parse(await Deno.readTextFile(predictions));
    assert.ok(found.some(({ image_id }) => image_id === 2));
  });
});
