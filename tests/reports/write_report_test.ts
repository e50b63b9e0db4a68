import assert from "node:assert/strict";
import { join } from "node:path";
import { DataError, UsageError } from "../../core/runtime/errors.ts";
import { livePage, type ReportData, writeReport } from "../../reports/mod.ts";
import { EVIL, inTempFolder, makeRun } from "../_support/report_run.ts";

/** The page without Plotly's bundle. */
async function pageOf(file: string): Promise<string> {
  return withoutPlotly(await Deno.readTextFile(file));
}

function withoutPlotly(page: string): string {
  const start = page.indexOf("<script>/**\n* plotly.js");
  assert.ok(start > 0, "the page holds Plotly");
  return page.slice(0, start) + page.slice(page.indexOf("</script>", start) + "</script>".length);
}

function dataOf(page: string): ReportData {
  const json = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)?.[1];
  assert.ok(json, "the page holds its data");
  return JSON.parse(json);
}

Deno.test("writeReport() shows a run: figures, tables, pictures, provenance", async () => {
  await inTempFolder(async (root) => {
    const run = await makeRun(root, { name: "cells" });
    const out = join(root, "new", "report.html");
    const summary = await writeReport({ runs: [run], out, root });
    assert.equal(summary.bytes, (await Deno.stat(out)).size);
    assert.deepEqual(summary.problems, []);
    const page = await pageOf(out);
    const { figures, pictures } = dataOf(page);
    for (const { id } of figures) assert.ok(page.includes(`id="figure-${id}"`), id);
    assert.ok(figures.length > 15, `${figures.length} figures`);
    assert.equal(pictures.length, 4);
    assert.match(page, /<h1>cells<\/h1>/);
    assert.match(page, /from one seed, so how much of that is chance is unknown/);
    assert.match(page, /never seen<\/th><td>0<\/td><td title="nothing[^"]*">–</);
    assert.match(page, /<code>train &lt;it&gt;<\/code>/);
  });
});

Deno.test("writeReport() shows class, file and run names as text", async () => {
  await inTempFolder(async (root) => {
    const out = join(root, "report.html");
    const names = ["<img src=x>", EVIL];
    const runs = await Promise.all(
      names.map((name, i) => makeRun(root, { name, dynamic: i === 0 })),
    );
    await writeReport({ runs, out, root });
    const page = await pageOf(out);
    assert.ok(page.includes("&lt;/script&gt;&lt;b&gt;&quot;cell&quot;"));
    assert.ok(!page.includes("<b>&quot;") && !page.includes('<b>"') && !page.includes("<img"));
    // The data, Plotly and the page's own script: no name has closed or opened one.
    assert.equal(page.match(/<script/g)?.length, 2);
    assert.equal(page.match(/<\/script>/g)?.length, 2);
    const data = dataOf(page);
    assert.deepEqual(data.groups.map((g) => g.label), [EVIL, "<img src=x>"]);
    assert.deepEqual(data.pictures[0]?.classes, [EVIL]);
  });
});

Deno.test("writeReport() makes a page that may ask for nothing and runs its own scripts only", async () => {
  await inTempFolder(async (root) => {
    const out = join(root, "report.html");
    await writeReport({ runs: [await makeRun(root, { name: "cells" })], out, root });
    const page = await pageOf(out);
    assert.deepEqual(page.match(/\b(?:src|srcset|poster)=|@import|url\(|<link/g), null);
    const policy = /Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1] ?? "";
    assert.match(policy, /^default-src 'none';/);
    assert.doesNotMatch(policy, /connect-src|script-src[^;]*unsafe/);
    assert.equal(policy.match(/'sha256-/g)?.length, 2);
  });
});

Deno.test("livePage() may ask its own server, and says how", async () => {
  await inTempFolder(async (root) => {
    const page = await livePage({ runs: [await makeRun(root, { name: "cells" })], root });
    assert.match(page, /connect-src 'self'/);
    assert.match(page, /update\.json\?after=/);
  });
});

Deno.test("writeReport() shows what there is of runs that are not whole, and says what is missing", async () => {
  await inTempFolder(async (root) => {
    const out = join(root, "report.html");
    const whole = await makeRun(root, { name: "whole", seed: 1 });
    const torn = await makeRun(root, { name: "torn", seed: 2, iterations: 7, dynamic: false });
    await Deno.writeTextFile(join(torn, "metrics.jsonl"), '{"iteration":8,"lo', { append: true });
    await Deno.remove(join(torn, "inference"), { recursive: true });
    await Deno.remove(join(root, "data", "2.png"));
    const { problems } = await writeReport({ runs: [whole, torn], out, root });
    const text = problems.join("\n");
    assert.match(text, /has not finished: it is at iteration 7 of 12/);
    assert.match(text, /inference is not there: the run has not been tested yet/);
    assert.match(text, /left out: .*2\.png/);
    assert.equal(problems.length, 3);
    const page = await pageOf(out);
    assert.match(page, /3 things are missing or odd/);
    const { figures, runs, pictures } = dataOf(page);
    assert.equal(runs.find((r) => r.experiment === "torn")?.iteration, 7);
    assert.equal(pictures.length, 3);
    const loss = figures.find((f) => f.id === "loss")?.views[0]?.traces ?? [];
    assert.deepEqual(loss.find((t) => t.name === "torn" && t.kind === "line")?.x.at(-1), 7);
  });
});

Deno.test("writeReport() does without a broken file, a missing truth, or nearly everything", async () => {
  await inTempFolder(async (root) => {
    const out = join(root, "report.html");
    const run = await makeRun(root, { name: "cells" });
    await Deno.writeTextFile(join(run, "metrics.jsonl"), "not a line\n");
    await Deno.remove(join(root, "data", "truth.json"));
    const first = await writeReport({ runs: [run], out, root });
    assert.match(first.problems.join("\n"), /Line 1 of the metrics[\s\S]*truth\.json is not there/);
    assert.deepEqual(dataOf(await pageOf(out)).pictures, []);

    await Deno.writeTextFile(join(run, "inference", "mine", "metrics.json"), "{");
    const second = await writeReport({ runs: [run], out, root });
    assert.match(second.problems.join("\n"), /metrics\.json is not JSON/);
    const page = await pageOf(out);
    assert.match(page, /No run has been tested yet/);
    assert.deepEqual(dataOf(page).figures, []);
  });
});

Deno.test("writeReport() names runs that were tested on another truth", async () => {
  await inTempFolder(async (root) => {
    const runs = [
      await makeRun(root, { name: "one" }),
      await makeRun(root, { name: "two", dynamic: false }),
    ];
    const config = join(runs[1]!, "config.json");
    const text = await Deno.readTextFile(config);
    await Deno.writeTextFile(config, text.replace("data/truth.json", "data/other.json"));
    const out = join(root, "report.html");
    const { problems } = await writeReport({ runs, out, root, baseline: "one" });
    assert.match(problems.join("\n"), /^two was tested on another mine than .*truth\.json/);
  });
});

Deno.test("writeReport() refuses folders that hold no run, and leaves the old page", async () => {
  await inTempFolder(async (root) => {
    const out = join(root, "report.html");
    await Deno.writeTextFile(out, "old");
    const isDataError = (pattern: RegExp) => (error: unknown) =>
      error instanceof DataError && pattern.test(error.message);
    const report = (...runs: string[]) => writeReport({ runs, out });
    await assert.rejects(report(join(root, "no")), isDataError(/no such folder/));
    await assert.rejects(report(root), isDataError(/holds no config\.json/));
    await assert.rejects(report(), UsageError);
    assert.equal(await Deno.readTextFile(out), "old");
    assert.deepEqual([...Deno.readDirSync(root)].map((e) => e.name), ["report.html"]);
  });
});

Deno.test("writeReport() of twelve long runs stays below 8 MB", async () => {
  await inTempFolder(async (root) => {
    const runs: string[] = [];
    for (let i = 0; i < 12; i++) {
      const made = { seed: 1 + i % 3, dynamic: i % 2 === 0, iterations: 3000 };
      runs.push(await makeRun(root, { name: `run ${i}`, ...made }));
    }
    const { bytes } = await writeReport({ runs, out: join(root, "report.html"), root });
    assert.ok(bytes > 1.5e6 && bytes < 8e6, `${bytes} bytes`);
  });
});
