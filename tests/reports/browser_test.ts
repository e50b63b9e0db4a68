import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { livePage, type LiveUpdate, reportData, writeReport } from "../../reports/mod.ts";
import { browserLack, BrowserPage } from "../_support/chromium.ts";
import { inTempFolder, makeRun } from "../_support/report_run.ts";

const lack = browserLack();

/** The report of three runs, open in a browser. */
async function withPage(work: (page: BrowserPage) => Promise<void>): Promise<void> {
  await inTempFolder(async (root) => {
    const runs = [
      await makeRun(root, { name: "fixed", dynamic: false }),
      await makeRun(root, { name: "</script><b onclick=x>both</b>", seed: 1 }),
      await makeRun(root, { name: "</script><b onclick=x>both</b>", seed: 2 }),
    ];
    const out = join(root, "report.html");
    await writeReport({ runs, out, root });
    await using page = await BrowserPage.open(pathToFileURL(out).href, { width: 1440 });
    await page.until("document.documentElement.dataset.ready");
    await work(page);
  });
}

Deno.test({
  name: "the page opens from a file without a request or a complaint, and draws every figure" +
    lack,
  ignore: lack !== "",
  fn: () =>
    withPage(async (page) => {
      assert.deepEqual(page.requests, []);
      assert.deepEqual(page.complaints, []);
      const undrawn = await page.evaluate(
        "[...document.querySelectorAll('.canvas')].filter((c) => !c.querySelector('.main-svg'))" +
          ".length",
      );
      assert.equal(undrawn, 0);
      assert.equal(await page.evaluate("document.querySelectorAll('.panel image').length"), 8);
      assert.equal(await page.evaluate("document.querySelectorAll('main b[onclick]').length"), 0);
      // A phone: tables and bars scroll by themselves, the page as a whole does not.
      await page.resize(390);
      const excess = "document.documentElement.scrollWidth - innerWidth";
      await page.until(`${excess} <= 0`);
    }),
});

Deno.test({
  name: "the page's buttons work: views, scale, groups, theme, downloads" + lack,
  ignore: lack !== "",
  fn: () =>
    withPage(async (page) => {
      const press = (selector: string) =>
        page.evaluate(`document.querySelector("${selector}").click()`);
      await press("#figure-seeds_0 .choice button:nth-child(2)");
      assert.equal(await page.evaluate("report.states.get('seeds_0').view"), 1);
      await press("#figure-loss .tools button");
      const scale = "document.querySelector('#figure-loss .canvas').layout.yaxis.type";
      assert.equal(await page.evaluate(scale), "log");
      const count = "document.querySelector('#figure-lr .canvas').data.length";
      const before = Number(await page.evaluate(count));
      await press(".key[data-group='1']");
      assert.ok(Number(await page.evaluate(count)) < before, "a group's traces are gone");
      const ground = "getComputedStyle(document.body).backgroundColor";
      assert.equal(await page.evaluate(ground), "rgb(255, 255, 255)");
      await press("#theme");
      await press("#theme");
      assert.notEqual(await page.evaluate(ground), "rgb(255, 255, 255)");
      const csv = await page.evaluate("report.toCsv(report.states.get('lr').figure)");
      assert.match(String(csv), /^view,name,kind,x,y,lower,upper,z\r\nLearning rate,fixed,step,1,/);
      await page.evaluate("window.saved = 0; URL.createObjectURL = () => { saved++; return '#'; }");
      await press("#figure-lr .tools button:last-child");
      assert.equal(await page.evaluate("saved"), 1);
      assert.deepEqual(page.complaints, []);
    }),
});

Deno.test({
  name: "the live page takes new figures from its server until the run is over" + lack,
  ignore: lack !== "",
  fn: () =>
    inTempFolder(async (root) => {
      const runs = [await makeRun(root, { name: "cells", iterations: 6 })];
      const html = await livePage({ runs, root, pictures: false });
      await makeRun(root, { name: "cells", iterations: 9 });
      const { figures } = await reportData({ runs, root, pictures: false });
      const asked: string[] = [];
      const common = { status: "iteration 9 of 12", progress: 0.75 };
      const updates: LiveUpdate[] = [
        { version: 1, ...common, over: false, figures: figures.filter((f) => f.id === "loss") },
        { version: 2, ...common, status: "The run is over.", over: true, figures: [] },
      ];
      await using server = Deno.serve(
        { hostname: "127.0.0.1", port: 0, onListen() {} },
        (request) => {
          const { pathname, search } = new URL(request.url);
          if (pathname !== "/update.json") {
            return new Response(html, { headers: { "content-type": "text/html" } });
          }
          return Response.json(updates[asked.push(search) - 1] ?? null);
        },
      );
      const url = `http://127.0.0.1:${server.addr.port}/`;
      await using page = await BrowserPage.open(url, { width: 1000 });
      const last = "report.states.get('loss').figure.views[0].traces.at(-1).x.at(-1)";
      await page.until(`${last} === 9`);
      await page.until("document.getElementById('live-status').textContent.includes('over')");
      assert.deepEqual(asked, ["?after=0", "?after=1"]);
      assert.deepEqual(page.complaints.filter((c) => !c.includes("favicon")), []);
    }),
});
