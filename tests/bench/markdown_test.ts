import assert from "node:assert/strict";
import {
  formatMs,
  geometricMean,
  markdown,
  resultsFile,
  slownessOfGradients,
} from "../../bench/markdown.ts";
import { type BenchReport, type BenchResult, byPeer } from "../../bench/result.ts";

function layer(name: string, ms: number, torch: number | null): BenchResult {
  return {
    suite: "layers",
    name,
    date: "2026-01-02T03:04:04.000Z",
    ms,
    gflops: 10 / ms,
    share: 0.5,
    ratio: byPeer((peer) => peer === "torch_cpu" ? torch : null),
    peer_ms: byPeer(() => null),
    variant: "register",
  };
}

const RESULTS = [
  layer("a, forward", 2, 0.5),
  layer("a, gradient of input", 4, 2),
  layer("a, gradient of weight", 1, null),
  layer("b, forward", 1, 2),
];

const REPORT: BenchReport = {
  date: "2026-01-02T03:04:05.000Z",
  adapter: "an adapter",
  driver: "a driver",
  device: "webgpu",
  limits: { gflops: 20, gbps: 3 },
  peers: { torch_cpu: "PyTorch 1.13" },
  absent: { tfjs_wasm: "not installed" },
  results: RESULTS,
};

Deno.test("a report names date, adapter, driver, limits, and who was not measured", () => {
  const text = markdown(REPORT);
  assert.match(text, /^## WebGPU: an adapter\n/);
  assert.match(text, /Measured 2026-01-02, driver a driver.*20\.0 GFLOP\/s, 3\.0 GB\/s/);
  assert.match(text, /- torch_cpu: PyTorch 1\.13/);
  assert.match(text, /- tfjs_wasm: not measured \(not installed\)/);
});

Deno.test("a report says why a rate can be above the limit, where one is", () => {
  assert.doesNotMatch(markdown(REPORT), /Winograd/);
  const results = [...RESULTS, { ...layer("c, forward", 1, null), share: 1.6 }];
  const text = markdown({ ...REPORT, results });
  assert.match(text, /\n\nOperations are counted as the sums are written.*Winograd.*limit\.\n\n- /);
  assert.match(text, /\| 160 % \|/);
});

Deno.test("a report has a row for each result and a column for each peer that has any", () => {
  const text = markdown(REPORT);
  assert.match(text, /\| {2}\| ms \| GFLOP\/s \| of limit \| torch_cpu \|\n/);
  assert.match(text, /\| a, forward \(register\) \| 2\.00 \| 5\.0 \| 50 % \| 0\.500 \|/);
  assert.match(text, /\| a, gradient of weight \(register\) \| 1\.00 \| 10\.0 \| 50 % \| – \|/);
});

Deno.test("milliseconds have three digits, and seconds all of theirs", () => {
  assert.deepEqual([0.012345, 9.876, 999.4, 36522.2].map(formatMs), [
    "0.0123",
    "9.88",
    "999",
    "36522",
  ]);
});

Deno.test("a report tells what peers of the steps run, where there are any", () => {
  const [alone, compared] = [null, 2].map((ratio) =>
    markdown({ ...REPORT, results: [{ ...layer("a step", 2, ratio), suite: "steps" }] })
  );
  assert.match(compared!, /its layers alone/);
  assert.doesNotMatch(alone!, /its layers alone/);
});

Deno.test("means over layers are geometric, and gradients are set against their own forward pass", () => {
  assert.equal(geometricMean([2, 8]), 4);
  assert.throws(() => geometricMean([]), RangeError);
  assert.deepEqual(slownessOfGradients(RESULTS), [2, 0.5]);
  const text = markdown(REPORT);
  assert.match(text, /Geometric mean, forward: 1\.00 × torch_cpu/);
  assert.match(text, /Geometric mean, gradient of input: 2\.00 × torch_cpu/);
  assert.match(text, /takes 1\.00 times the forward pass/);
});

Deno.test("rows that were measured before the last run say when", () => {
  const [first, ...others] = RESULTS;
  const older = { ...first!, date: "2025-12-31T00:00:00.000Z" };
  const mixed = markdown({ ...REPORT, results: [older, ...others] });
  assert.match(mixed, /\nMeasured 2025-12-31: a, forward\.\n/);
  const alone = markdown({ ...REPORT, results: [older] });
  assert.match(alone, /\nMeasured 2025-12-31: All rows\.\n/);
  assert.doesNotMatch(markdown(REPORT), /Measured 2026-01-02: /);
});

Deno.test("the file has a section for each adapter", () => {
  const text = resultsFile([REPORT, { ...REPORT, device: "cpu", adapter: "a CPU" }]);
  assert.match(text, /^# Results of the bench\n\n## WebGPU: an adapter\n/);
  assert.match(text, /\n\n## CPU device: a CPU\n/);
});
