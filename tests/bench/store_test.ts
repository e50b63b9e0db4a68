/** `--write` keeps what was not measured again. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type BenchReport, type BenchResult, byPeer, type SuiteName } from "../../bench/result.ts";
import { type Scope, store, withReport } from "../../bench/store.ts";
import { UserError } from "../../core/runtime/errors.ts";

function row(suite: SuiteName, name: string, ms: number): BenchResult {
  const none = byPeer(() => null);
  const date = `2026-01-0${ms}T00:00:00.000Z`;
  return { suite, name, date, ms, gflops: null, share: null, ratio: none, peer_ms: none };
}

function reportOf(results: readonly BenchResult[], more: Partial<BenchReport> = {}): BenchReport {
  return {
    date: "2026-01-09T00:00:00.000Z",
    adapter: "x",
    driver: null,
    device: "webgpu",
    limits: { gflops: 1, gbps: 1 },
    peers: {},
    absent: {},
    results,
    ...more,
  };
}

const BEFORE = reportOf([row("ops", "a", 1), row("steps", "b", 1), row("steps", "c", 1)]);
const PART: Scope = { suites: ["steps"], only: "b", limit: Infinity };

function timesOf(reports: readonly BenchReport[]): string[] {
  return reports.flatMap(({ results }) => results.map(({ name, ms }) => `${name}${ms}`));
}

Deno.test("a part of a suite replaces its rows in their places and leaves the others", () => {
  const now = reportOf([row("steps", "d", 2), row("steps", "b", 2)]);
  assert.deepEqual(timesOf(withReport([BEFORE], now, PART)), ["a1", "b2", "c1", "d2"]);
  const limited: Scope = { suites: ["ops", "steps"], only: undefined, limit: 1 };
  assert.deepEqual(timesOf(withReport([BEFORE], now, limited)), ["a1", "b2", "c1", "d2"]);
});

Deno.test("a whole suite replaces all its rows, and no other suite's", () => {
  const whole: Scope = { suites: ["steps"], only: undefined, limit: Infinity };
  const now = reportOf([row("steps", "d", 2)]);
  assert.deepEqual(timesOf(withReport([BEFORE], now, whole)), ["a1", "d2"]);
});

Deno.test("another adapter or device has a report of its own", () => {
  for (const other of [{ adapter: "y" }, { device: "cpu" } as const]) {
    const reports = withReport([BEFORE], reportOf([row("ops", "a", 2)], other), PART);
    assert.deepEqual(timesOf(reports), ["a1", "b1", "c1", "a2"]);
  }
});

Deno.test("a peer that was there once is not said to be missing", () => {
  const before = reportOf([], { peers: { torch_cpu: "1" }, absent: { tfjs_wasm: "no" } });
  const now = reportOf([], {
    peers: { tfjs_wasm: "4" },
    absent: { torch_cpu: "no", tfjs_webgpu: "no" },
  });
  const [report] = withReport([before], now, PART);
  assert.deepEqual(report?.peers, { torch_cpu: "1", tfjs_wasm: "4" });
  assert.deepEqual(report?.absent, { tfjs_webgpu: "no" });
});

Deno.test("two runs are one file, and a file that is none is not overwritten", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const urlOf = (name: string) => pathToFileURL(join(folder, name));
    const files = { json: urlOf("results.json"), markdown: urlOf("RESULTS.md") };
    await store(BEFORE, PART, files);
    await store(reportOf([row("steps", "b", 2)]), PART, files);
    const kept: BenchReport[] = JSON.parse(await Deno.readTextFile(files.json));
    assert.deepEqual(timesOf(kept), ["a1", "b2", "c1"]);
    assert.match(await Deno.readTextFile(files.markdown), /\| a \| 1\.00[^]*\| b \| 2\.00/);
    await Deno.writeTextFile(files.json, "{}");
    await assert.rejects(store(BEFORE, PART, files), UserError);
    assert.equal(await Deno.readTextFile(files.json), "{}");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
