import assert from "node:assert/strict";
import { join } from "node:path";
import { LiveRun } from "../../../core/cli/live_run.ts";
import type { Figure } from "../../../reports/types.ts";

function figure(id: string, y: number): Figure {
  const axis = { title: "" };
  const trace = { name: "loss", kind: "line" as const, x: [1], y: [y] };
  return {
    ...{ id, section: "training" as const, title: id, caption: "", x: axis, y: axis },
    views: [{ label: "", traces: [trace] }],
  };
}

/** A run's metrics file, figures that can be changed, and how often they were drawn. */
async function watching(
  body: (
    run: LiveRun,
    fake: { path: string; figures: Figure[]; drawn: number; whileDrawing?: () => void },
  ) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const fake = { path: join(folder, "metrics.jsonl"), figures: [figure("a", 1)], drawn: 0 };
    const state: Parameters<typeof body>[1] = fake;
    const run = new LiveRun({ metrics: fake.path, iterations: 10, imagesPerIteration: 4 }, {
      page: () => Promise.resolve("page"),
      figures: () => {
        state.drawn++;
        state.whileDrawing?.();
        return Promise.resolve(state.figures);
      },
    });
    await body(run, state);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a live run says where it is, also behind a torn line", () =>
  watching(async (run, { path }) => {
    const row = { loss: 1.5, rcnn_iou: 0.4, rcnn_beta: 1, time: 2 };
    const lines = [4, 5].map((iteration) => JSON.stringify({ iteration, ...row }));
    await Deno.writeTextFile(path, `${lines.join("\n")}\n{"iteration":6,"lo`);
    const { status, progress, over } = await run.update(0);
    assert.equal(
      status,
      "Iteration 5 of 10 · loss 1.500 · IoU threshold 0.40, β 1.00 · 2.0 images a second · 0:00:10 left",
    );
    assert.equal(progress, 0.5);
    assert.equal(over, false);
  }));

Deno.test("a live run that has done nothing yet is starting", () =>
  watching(async (run) => {
    assert.deepEqual(await run.update(0), {
      ...{ version: 1, status: "Starting.", progress: 0, over: false, figures: [figure("a", 1)] },
    });
  }));

Deno.test("a live run that is trained is testing until it is over", () =>
  watching(async (run, { path }) => {
    await Deno.writeTextFile(path, '{"iteration":10}\n');
    const testing = await run.update(0);
    assert.deepEqual([testing.status, testing.over], ["Iteration 10 of 10. Testing.", false]);
    run.end("Over.");
    const { status, progress, over } = await run.update(1);
    assert.deepEqual([status, progress, over], ["Iteration 10 of 10. Over.", 1, true]);
  }));

Deno.test("a live run gives figures that changed, and draws once for many who ask", () =>
  watching(async (run, fake) => {
    const all = await Promise.all([run.update(0), run.update(0), run.update(0)]);
    assert.deepEqual(all.map(({ figures }) => figures.length), [1, 1, 1]);
    assert.equal((await run.update(1)).figures.length, 0);
    assert.equal(fake.drawn, 1);
    fake.figures = [figure("a", 1), figure("b", 2)];
    // Fresh enough for now; the end is worth drawing anew.
    assert.equal((await run.update(1)).figures.length, 0);
    run.end("Over.");
    const { figures, version } = await run.update(1);
    assert.deepEqual([figures, version], [[figure("b", 2)], 2]);
    assert.deepEqual((await run.update(0)).figures.map(({ id }) => id), ["a", "b"]);
    assert.equal(fake.drawn, 2);
  }));

Deno.test("an end that comes while figures are drawn is told with figures that know of it", () =>
  watching(async (run, fake) => {
    fake.whileDrawing = () => run.end("Over.");
    const first = await run.update(0);
    assert.equal(first.over, false);
    fake.whileDrawing = undefined;
    fake.figures = [figure("a", 9)];
    const second = await run.update(first.version);
    assert.equal(second.over, true);
    assert.deepEqual(second.figures, fake.figures);
  }));

Deno.test("figures that cannot be drawn once are drawn at the next asking", () =>
  watching(async (run, fake) => {
    fake.whileDrawing = () => {
      throw new Error("half a file");
    };
    await assert.rejects(run.update(0), /half a file/);
    fake.whileDrawing = undefined;
    assert.equal((await run.update(0)).figures.length, 1);
  }));
