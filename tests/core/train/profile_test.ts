/** Profiles: sums and shares of a recording made by hand, its table and its timeline. */
import assert from "node:assert/strict";
import { chromeTrace } from "../../../core/train/chrome_trace.ts";
import { type Recording, summarizeProfile } from "../../../core/train/profile_summary.ts";
import { profileTable } from "../../../core/train/profile_table.ts";
import type { LaunchTiming } from "../../../core/runtime/mod.ts";

function launchOf(kernel: string, start: number, more: Partial<LaunchTiming>): LaunchTiming {
  const none = {
    variant: undefined,
    params: {},
    flops: 0,
    bytes: 0,
    ms: 0,
    productMs: 0,
    copiedBytes: 0,
  };
  return { ...none, kernel, start, ...more };
}

/** Two steps of 100 ms: 60 of convolution, 20 of relu, 20 of nothing. */
const RECORDING: Recording = {
  device: "a device",
  clock: "device",
  steps: 2,
  limits: { gflops: 100, gbps: 10 },
  spans: [
    { what: "launch", iteration: 5, start: 1000, end: 1010 },
    { what: "wait", iteration: 4, start: 1010, end: 1050 },
  ],
  runs: [
    {
      launches: [
        launchOf("conv2d", 1005, { ms: 60, flops: 3e9, bytes: 6e6, variant: "register" }),
        launchOf("relu", 1065, { ms: 20, bytes: 1e8 }),
        launchOf("conv2d", 1105, { ms: 60, flops: 3e9, bytes: 6e6, variant: "register" }),
        launchOf("relu", 1185, { ms: 20, bytes: 1e8 }),
      ],
    },
  ],
};

/** A step with 30 ms of relu and so many of a convolution, and the time of the step after it. */
function pairOf(start: number, { products, undisturbedMs, idleMs = 0 }: Record<string, number>) {
  const conv2d = launchOf("conv2d", start, { ms: products, flops: 1e9 });
  return {
    launches: [conv2d, launchOf("relu", start + products!, { ms: 30 })],
    ...(undisturbedMs !== undefined && { undisturbed: { ms: undisturbedMs, idleMs } }),
  };
}

Deno.test("a profile's shares are of the time from the first kernel to the last", () => {
  const { step_ms, undisturbed_step_ms, of_step, kernels } = summarizeProfile(RECORDING);
  assert.equal(step_ms, 100);
  assert.equal(undisturbed_step_ms, null);
  assert.deepEqual(of_step, {
    products: 0.6,
    other_kernels: 0.2,
    between_kernels: 0.2,
    blas: 0,
    memory_bound: 0.2,
    memory_bound_twice: 0,
  });
  assert.deepEqual(kernels, [
    {
      kernel: "conv2d",
      variant: "register",
      calls: 1,
      ms: 60,
      of_step: 0.6,
      gflop: 3,
      gbytes: 0.006,
      of_limit: 0.5,
      blas_ms: 0,
      of_copy_rate: null,
    },
    {
      kernel: "relu",
      variant: null,
      calls: 1,
      ms: 20,
      of_step: 0.2,
      gflop: 0,
      gbytes: 0.1,
      of_limit: 0.5,
      blas_ms: 0,
      of_copy_rate: 0.5,
    },
  ]);
});

Deno.test("a profile of nothing, and one without times, have no shares that are not numbers", () => {
  const nothing = summarizeProfile({ ...RECORDING, runs: [{ launches: [] }], spans: [] });
  assert.equal(nothing.step_ms, 0);
  assert.deepEqual(nothing.kernels, []);
  const launches = RECORDING.runs[0]!.launches.map((launch) => ({ ...launch, start: 0, ms: 0 }));
  const untimed = summarizeProfile({
    ...RECORDING,
    clock: "none",
    runs: [{ launches }],
    spans: [],
  });
  assert.deepEqual(Object.values(untimed.of_step), [0, 0, 0, 0, 0, 0]);
  assert.deepEqual(untimed.kernels.map(({ of_limit }) => of_limit), [null, null]);
  assert.ok(profileTable(untimed).some((line) => line.includes("no timestamp-query")));
});

Deno.test("a profile's table names the kernels, slowest first, and where the step goes", () => {
  const lines = profileTable(summarizeProfile(RECORDING));
  const rows = lines.map((line) => line.split(/\s{2,}/).map((cell) => cell.trim()));
  const find = (name: string) => rows.findIndex(([first]) => first === name);
  assert.deepEqual(rows[find("conv2d (register)")]!.slice(1), [
    "1",
    "60.00",
    "60.0 %",
    "50.0",
    "0.1",
    "50.0 %",
  ]);
  assert.ok(find("conv2d (register)") < find("relu"));
  assert.match(lines.at(-1)!, /100\.0 ms: 60\.0 % convolutions.*20\.0 % between kernels\.$/);
});

Deno.test("a profile compares each step with the one after it, which is not disturbed", () => {
  const runs = [
    pairOf(1000, { products: 60, undisturbedMs: 80, idleMs: 8 }),
    // All is slower for a while: the part is much the same.
    pairOf(2000, { products: 120, undisturbedMs: 200 }),
    pairOf(3000, { products: 63, undisturbedMs: 90, idleMs: 4.5 }),
    pairOf(4000, { products: 1000 }),
  ];
  const summary = summarizeProfile({ ...RECORDING, steps: 4, runs, spans: [] });
  assert.equal(summary.step_ms, (90 + 150 + 93 + 1030) / 4);
  assert.equal(summary.undisturbed_step_ms, 90);
  assert.equal(summary.products_of_undisturbed_step, 0.7);
  assert.deepEqual(summary.products_of_undisturbed_range, [0.6, 0.75]);
  assert.equal(summary.idle_of_undisturbed_step, 0.05);
  assert.equal(summary.undisturbed_pairs, 3);
  assert.match(
    profileTable(summary).at(-1)!,
    /it takes 90\.0 ms, .* 70\.0 % \(60\.0–75\.0 % over 3 pairs of .*\).* host 5\.0 % of the time\.$/,
  );
});

Deno.test("of two pairs of steps a profile tells the mean, of one no range, of none nothing", () => {
  const told = (...pairs: Record<string, number>[]) => {
    const runs = pairs.map((pair, i) => pairOf(1000 * i, pair));
    return summarizeProfile({ ...RECORDING, steps: pairs.length, runs, spans: [] });
  };
  const one = { products: 60, undisturbedMs: 80 }, two = { products: 50, undisturbedMs: 100 };
  assert.equal(told(one, two).products_of_undisturbed_step, 0.625);
  assert.match(
    profileTable(told(one)).at(-1)!,
    /it takes 80\.0 ms, .* products are 75\.0 %; the device/,
  );
  const none = told({ products: 60 });
  assert.equal(none.products_of_undisturbed_step, null);
  assert.equal(none.products_of_undisturbed_range, null);
  assert.equal(none.idle_of_undisturbed_step, null);
  assert.ok(!profileTable(none).some((line) => line.startsWith("Without the profile")));
});

Deno.test("on the CPU device a profile says what is neither BLAS nor memory, by name", () => {
  const step: LaunchTiming[] = [
    // 10 ms outside of BLAS at 6 GB/s of 10, 10 at 3, 10 at 2.
    launchOf("conv2d", 0, { ms: 50, productMs: 40, flops: 3e9, bytes: 6e7 }),
    launchOf("group_norm", 50, { ms: 10, bytes: 3e7 }),
    launchOf("conv2d_backward_x", 60, { ms: 20, productMs: 10, flops: 1e9, bytes: 2e7 }),
    launchOf("match_boxes", 80, { ms: 10, bytes: 1e6 }),
    launchOf("sgd", 99, { ms: 1, bytes: 9e6 }),
  ];
  const summary = summarizeProfile({
    ...RECORDING,
    steps: 1,
    runs: [{ launches: step }],
    spans: [],
  });
  const { blas, memory_bound, memory_bound_twice } = summary.of_step;
  assert.deepEqual([blas, memory_bound, memory_bound_twice], [0.5, 0.11, 0.1]);
  const line = profileTable(summary).at(-1)!;
  assert.match(line, /^71\.0 % of the step is within BLAS \(50\.0 %\).* 11\.0 % .* 10\.0 % /);
  assert.match(
    line,
    /The rest: conv2d_backward_x outside of BLAS 10\.0 %, match_boxes 10\.0 %, between kernels 9\.0 %, others -?0\.0 %\.$/,
  );
});

Deno.test("a profile's table says why a product can be above the limit, where one is", () => {
  const table = (gflops: number) =>
    profileTable(summarizeProfile({ ...RECORDING, limits: { gflops, gbps: 1 } }))
      .filter((line) => /Winograd/.test(line)).length;
  // The convolution makes 50 GFLOP/s; that relu moves more than the limit of 1 GB/s is no reason.
  assert.deepEqual([table(51), table(49)], [0, 1]);
});

Deno.test("kernels beyond the table's rows are one row together", () => {
  const launches = Array.from(
    { length: 30 },
    (_, i) => launchOf(`k${i}`, 1000 + i, { ms: 1, bytes: 1 }),
  );
  const lines = profileTable(summarizeProfile({ ...RECORDING, runs: [{ launches }] }));
  assert.equal(lines.filter((line) => /^k\d/.test(line)).length, 24);
  assert.ok(lines.some((line) => /^6 others +3 +3\.00/.test(line)), lines.join("\n"));
});

Deno.test("a timeline has a track of the host and one of kernels, in microseconds from the first event", () => {
  const { traceEvents } = JSON.parse(JSON.stringify(chromeTrace(RECORDING)));
  const names = traceEvents.filter((e: { ph: string }) => e.ph === "M");
  assert.deepEqual(
    names.map((e: { tid: number; args: { name: string } }) => [e.tid, e.args.name]),
    [[1, "host"], [2, "kernels on a device"]],
  );
  const spans = traceEvents.filter((e: { ph: string }) => e.ph === "X");
  assert.deepEqual(
    spans.map((e: { name: string; tid: number; ts: number; dur: number }) =>
      `${e.tid} ${e.name} ${e.ts}+${e.dur}`
    ),
    [
      "1 launch 5 0+10000",
      "1 wait 4 10000+40000",
      "2 conv2d 5000+60000",
      "2 relu 65000+20000",
      "2 conv2d 105000+60000",
      "2 relu 185000+20000",
    ],
  );
});
