import assert from "node:assert/strict";
import { join } from "node:path";
import sharp from "sharp";
import { evaluateBoxes, type GroundTruth } from "../../core/eval/mod.ts";
import { METRIC_NAMES } from "../../core/train/metrics.ts";
import { DataError, UsageError } from "../../core/runtime/errors.ts";
import { writeReport } from "../../reports/mod.ts";

const EVIL = '</script><b>"cell"';
const EVIL_FILE = "a<b>&'1.png";

/** A data set of two 64×48 pictures and a run on it, with an unfriendly class and file name. */
async function makeRun(root: string, name: string, beta = 1): Promise<string> {
  const folder = join(root, "output", name.replaceAll("/", "_"));
  const inference = join(folder, "inference", "mine");
  await Deno.mkdir(inference, { recursive: true });
  await makeData(join(root, "data"));
  const truth: GroundTruth = JSON.parse(await Deno.readTextFile(join(root, "data", "truth.json")));
  const detections = [
    { image_id: 1, category_id: 5, bbox: [10, 10, 20, 20] as const, score: 0.75 },
    { image_id: 1, category_id: 5, bbox: [30, 5, 20, 20] as const, score: 0.125 },
  ];
  const record = {
    experiment: name,
    config: {
      DATASETS: { TEST: { mine: { img_dir: "data", ann_file: "data/truth.json" } } },
      MODEL: { DYNAMIC_RCNN: { WARMUP_BETA: beta } },
      TEST: { VIS_THRESH: 0.5 },
    },
    environment: { deno: "2.9.6", adapter: EVIL, commit: null, command: "train <it>" },
  };
  await writeJson(join(folder, "config.json"), record);
  await writeJson(join(inference, "predictions.json"), detections);
  await writeJson(join(inference, "metrics.json"), evaluateBoxes(truth, detections));
  const lines = [1, 2, 3].map((iteration) => {
    const numbers = Object.fromEntries(METRIC_NAMES.map((field) => [field, beta / iteration]));
    return JSON.stringify({ ...numbers, iteration, image_ids: [1] });
  });
  await Deno.writeTextFile(join(folder, "metrics.jsonl"), lines.join("\n") + '\n{"iteration":4,');
  return folder;
}

async function makeData(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const create = { width: 64, height: 48, channels: 3 as const, background: "#406080" };
  await sharp({ create }).png().toFile(join(folder, EVIL_FILE));
  const box = { category_id: 5, area: 400, iscrowd: 0 };
  await writeJson(join(folder, "truth.json"), {
    images: [
      { id: 1, file_name: EVIL_FILE, width: 64, height: 48 },
      { id: 2, file_name: "gone.png", width: 64, height: 48 },
    ],
    categories: [{ id: 5, name: EVIL }, { id: 9, name: "never seen" }],
    annotations: [
      { id: 1, image_id: 1, bbox: [10, 10, 20, 20], ...box },
      { id: 2, image_id: 2, bbox: [1, 1, 20, 20], ...box },
    ],
  });
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await Deno.writeTextFile(path, JSON.stringify(value));
}

async function inTempFolder(work: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "report_test_" });
  try {
    await work(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** The page without Plotly's bundle. */
async function pageOf(file: string): Promise<string> {
  const page = await Deno.readTextFile(file);
  const start = page.indexOf("<script>/**\n* plotly.js");
  assert.ok(start > 0, "the page holds Plotly");
  return page.slice(0, start) + page.slice(page.indexOf("</script>", start) + "</script>".length);
}

interface DrawnFigure {
  readonly id: string;
  readonly traces: { readonly name: string; readonly x: number[]; readonly y: number[] }[];
}

function figuresOf(page: string): Map<string, DrawnFigure> {
  const json = /<script type="application\/json" id="figures">(.*?)<\/script>/s.exec(page)?.[1];
  assert.ok(json, "the page holds its figures");
  const figures: DrawnFigure[] = JSON.parse(json);
  return new Map(figures.map((f) => [f.id, f]));
}

Deno.test("writeReport() shows a run: figures, tables, pictures, provenance", async () => {
  await inTempFolder(async (root) => {
    const run = await makeRun(root, "cells");
    const out = join(root, "new", "report.html");
    const summary = await writeReport([run], out, { root });
    assert.equal(summary.bytes, (await Deno.stat(out)).size);
    const page = await pageOf(out);
    const figures = figuresOf(page);
    assert.deepEqual(figures.get("rcnn_iou")?.traces.at(-1)?.x, [1, 2, 3]);
    assert.deepEqual(figures.get("loss")?.traces[0]?.y, [1, 0.5, 0.33333]);
    for (const figure of figures.keys()) assert.ok(page.includes(`<div id="${figure}"`), figure);
    assert.match(page, /<h1>cells<\/h1>/);
    assert.match(page, /never seen<\/th><td>0<\/td><td title="nothing[^"]*">–</);
    assert.match(page, /train &lt;it&gt;/);
    assert.equal(page.match(/href="data:image\/jpeg;base64,/g)?.length, 1);
    // One detection lies above VIS_THRESH, one object is there.
    assert.equal(page.match(/<rect class="found"/g)?.length, 1);
    assert.equal(page.match(/<rect class="object"/g)?.length, 1);
    assert.match(page, /0\.75<\/text>/);
  });
});

Deno.test("writeReport() shows class, file and run names as text", async () => {
  await inTempFolder(async (root) => {
    const out = join(root, "report.html");
    await writeReport([await makeRun(root, "<img src=x>"), await makeRun(root, EVIL)], out, {
      root,
    });
    const page = await pageOf(out);
    assert.ok(page.includes("&lt;/script&gt;&lt;b&gt;&quot;cell&quot;"));
    assert.ok(page.includes("a&lt;b&gt;&amp;&#39;1.png"));
    assert.ok(!page.includes("<b>") && !page.includes("<img"));
    // The JSON, Plotly and the page's own script: no name has closed or opened one.
    assert.equal(page.match(/<script/g)?.length, page.match(/<\/script/g)?.length);
    assert.equal(page.match(/<script/g)?.length, 2);
    const names = figuresOf(page).get("loss")?.traces.map((t) => t.name) ?? [];
    assert.deepEqual([...new Set(names)], ["&lt;img src=x&gt;", '&lt;/script&gt;&lt;b&gt;"cell"']);
  });
});

Deno.test("writeReport() makes a page that loads nothing", async () => {
  await inTempFolder(async (root) => {
    const out = join(root, "report.html");
    await writeReport([await makeRun(root, "cells")], out, { root });
    const page = await pageOf(out);
    assert.deepEqual(page.match(/(?:https?:)?\/\/[a-z0-9-]+\.[a-z]/gi), null);
    assert.deepEqual(page.match(/\b(?:src|srcset|poster)=|@import|url\(|<link/g), null);
    const links = [...page.matchAll(/href="([^"]{0,30})/g)].map((m) => m[1]);
    assert.ok(links.length > 0 && links.every((l) => l?.startsWith("data:image/jpeg;base64,")));
    assert.match(page, /Content-Security-Policy" content="default-src 'none';/);
  });
});

Deno.test("writeReport() compares runs: curves over each other, tables side by side", async () => {
  await inTempFolder(async (root) => {
    const runs = [await makeRun(root, "cells"), await makeRun(root, "cells_fixed", 0.5)];
    const out = join(root, "report.html");
    await writeReport(runs, out, { root, title: "Ablation" });
    const page = await pageOf(out);
    assert.match(page, /<h1>Ablation<\/h1>/);
    const names = figuresOf(page).get("rcnn_beta")?.traces.map((t) => t.name);
    assert.deepEqual(names, ["cells", "cells_fixed", "cells", "cells_fixed"]);
    assert.match(page, /WARMUP_BETA<\/code><\/th><td><code>1<\/code><\/td><td><code>0.5</);
    assert.match(
      page,
      /<option value="cells">cells<\/option><option value="cells_fixed">cells_fixed</,
    );
    assert.equal(page.match(/<g class="of-run/g)?.length, 2);
    assert.equal(page.match(/<g class="of-run shown/g)?.length, 1);
  });
});

Deno.test("writeReport() tells two runs of one experiment apart", async () => {
  await inTempFolder(async (root) => {
    const run = await makeRun(root, "cells");
    await Deno.rename(run, `${run}_1`);
    const runs = [`${run}_1`, await makeRun(root, "cells")];
    await writeReport(runs, join(root, "report.html"), { root });
    const names = figuresOf(await pageOf(join(root, "report.html"))).get("lr")?.traces;
    assert.deepEqual(names?.map((t) => t.name), ["cells (cells_1)", "cells (cells)"]);
  });
});

Deno.test("writeReport() leaves out what is missing, and says so", async () => {
  await inTempFolder(async (root) => {
    const run = await makeRun(root, "cells");
    const out = join(root, "report.html");
    const whole = await writeReport([run], out, { root });
    assert.deepEqual(whole.problems.length, 1); // gone.png
    assert.match(whole.problems.join(), /gone\.png/);

    await Deno.writeTextFile(join(run, "metrics.jsonl"), "not a line\n");
    await Deno.writeTextFile(join(run, "inference", "mine", "metrics.json"), "{");
    await Deno.remove(join(root, "data", "truth.json"));
    await Deno.remove(join(run, "inference", "mine", "predictions.json"));
    const torn = await writeReport([run], out, { root });
    assert.match(
      torn.problems.join("\n"),
      /metrics\.jsonl: Line 1 .*\n.*metrics\.json is not JSON/s,
    );
    assert.match(await pageOf(out), /<h2>Left out<\/h2>/);

    await Deno.remove(join(run, "inference"), { recursive: true });
    await Deno.remove(join(run, "metrics.jsonl"));
    await writeReport([run], out, { root });
    assert.equal(figuresOf(await pageOf(out)).size, 0);
    assert.match(await pageOf(out), /<h1>cells<\/h1>/);
  });
});

Deno.test("writeReport() refuses folders that hold no run, and leaves the old page", async () => {
  await inTempFolder(async (root) => {
    const out = join(root, "report.html");
    await Deno.writeTextFile(out, "old");
    const isDataError = (pattern: RegExp) => (error: unknown) =>
      error instanceof DataError && pattern.test(error.message);
    await assert.rejects(writeReport([join(root, "no")], out), isDataError(/no such folder/));
    await assert.rejects(writeReport([root], out), isDataError(/holds no config\.json/));
    await assert.rejects(writeReport([], out), UsageError);
    assert.equal(await Deno.readTextFile(out), "old");
    assert.deepEqual([...Deno.readDirSync(root)].map((e) => e.name), ["report.html"]);
  });
});
