/** `train --live` as a browser sees it, and as a run without one. */
import assert from "node:assert/strict";
import type { LiveUpdate } from "../../../reports/types.ts";
import { setArguments, startCommand } from "../../_support/command.ts";
import { contentOf, withTinyRun } from "../../_support/tiny_run.ts";

const SCHEDULE = ["SOLVER.MAX_ITER=200", "SOLVER.STEPS=[]", "SOLVER.CHECKPOINT_PERIOD=1000"];

/** The text that a process wrote to stderr, up to where `pattern` matches. */
async function readUntil(stream: ReadableStream<Uint8Array>, pattern: RegExp): Promise<string> {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    text += part;
    const found = pattern.exec(text);
    if (found) return found[0];
  }
  throw new Error(`${pattern} does not come in: ${text}`);
}

async function updateOf(address: string, after: number): Promise<LiveUpdate | undefined> {
  const response = await fetch(`${address}update.json?after=${after}`);
  if (response.ok) return await response.json();
  await response.body?.cancel();
  return undefined;
}

Deno.test("a live page follows a run to its end, and closes with it", async () => {
  await withTinyRun(async (run) => {
    const process = startCommand(
      run.arguments("train", ["--live", ...setArguments(SCHEDULE)]),
    );
    const [forAddress, rest] = process.stderr.tee();
    const drained = rest.pipeTo(new WritableStream());
    const address = await readUntil(forAddress, /http:\/\/127\.0\.0\.1:\d+\//);
    const updates: LiveUpdate[] = [];
    while (!updates.at(-1)?.over) {
      const update = await updateOf(address, updates.at(-1)?.version ?? 0);
      if (update) updates.push(update);
      await new Promise((done) => setTimeout(done, 100));
    }
    const page = await fetch(address);
    assert.match(page.headers.get("content-type") ?? "", /^text\/html/);
    const html = await page.text();
    assert.match(html, /update\.json\?after=/);
    assert.match(page.headers.get("content-security-policy") ?? "", /connect-src 'self'/);
    const { status, progress } = updates.at(-1)!;
    assert.deepEqual([status, progress], ["Iteration 200 of 200. The run is over.", 1]);
    const ids = new Set(updates.flatMap(({ figures }) => figures.map(({ id }) => id)));
    assert.ok(ids.size > 5, `${ids.size} figures`);
    // What the page's script looks for, or it would load itself for ever.
    for (const id of ids) assert.ok(html.includes(`"${id}"`), `the page has no figure ${id}`);
    assert.equal((await process.status).code, 0);
    await assert.rejects(fetch(address), TypeError);
    await Promise.all([drained, process.stdout.cancel()]);
  });
});

Deno.test("a live page that nobody looks at keeps no run waiting", async () => {
  await withTinyRun(async (run) => {
    const sets = setArguments(["SOLVER.MAX_ITER=2", "SOLVER.STEPS=[]"]);
    const { code, stderr } = await run.run("train", "--live", ...sets);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^Live page: http:\/\/127\.0\.0\.1:\d+\/$/m);
  });
});

Deno.test("a port that is taken is refused with 2, before --fresh removes anything", async () => {
  await withTinyRun(async (run) => {
    const sets = setArguments(["SOLVER.MAX_ITER=2", "SOLVER.STEPS=[]"]);
    assert.equal((await run.run("train", ...sets)).code, 0);
    const before = await contentOf(run.folder.root);
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const port = String(listener.addr.port);
    const refused = await run.run("train", "--fresh", "--live", "--port", port, ...sets);
    assert.equal(refused.code, 2, refused.stderr);
    assert.match(refused.stderr, new RegExp(`--port ${port} cannot be had .*leave it out`));
    assert.deepEqual(await contentOf(run.folder.root), before);
    const alone = await run.run("train", "--port", port, ...sets);
    assert.equal(alone.code, 2);
    assert.match(alone.stderr, /--port is the port of the live page: add --live/);
  });
});
