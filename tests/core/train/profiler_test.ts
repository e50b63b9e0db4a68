/** Which steps are profiled, in pairs on a GPU, and what a recording has of them. */
import assert from "node:assert/strict";
import { type Recording, summarizeProfile } from "../../../core/train/profile_summary.ts";
import { firstProfiled, profileLaunches, StepProfiler } from "../../../core/train/profiler.ts";
import { type Device, fromArray, scope } from "../../../core/runtime/mod.ts";
import { relu } from "../../../kernels/mod.ts";
import { onDevices } from "../../_support/devices.ts";

Deno.test("the profiled iterations begin after the first ones where there are enough", () => {
  assert.equal(firstProfiled(1, 200), 11);
  assert.equal(firstProfiled(51, 200), 61);
  assert.equal(firstProfiled(1, 12), 8);
  assert.equal(firstProfiled(1, 4), 2);
  assert.equal(firstProfiled(1, 2), 2);
  assert.equal(firstProfiled(3, 3), 3);
});

/** A small thing to launch. */
function launchRelu(device: Device): void {
  scope(() => void relu(fromArray(device, [1, 4, 4, 4], new Float32Array(64).fill(1))));
}

/** What a profiler says of a training of iterations `first` … `last`, each of one small launch. */
async function profiled(
  device: Device,
  { first, last, leftOut = [] }: { first: number; last: number; leftOut?: number[] },
): Promise<Recording[]> {
  const recordings: Recording[] = [];
  const profiler = new StepProfiler(device, last, (recording) => {
    recordings.push(recording);
    return Promise.resolve();
  });
  for (let iteration = first; iteration <= last; iteration++) {
    if (!leftOut.includes(iteration)) {
      profiler.begin(iteration);
      const start = performance.now();
      launchRelu(device);
      device.flush();
      profiler.did("launch", iteration, start);
      profiler.did("wait", iteration - 1, start);
    }
    await profiler.end(iteration);
  }
  return recordings;
}

/** Kernels of each run. */
function kernelsOf({ runs }: Recording): string[][] {
  return runs.map(({ launches }) => launches.map(({ kernel }) => kernel));
}

/** What the host did, such as `launch 5`. */
function spansOf({ spans }: Recording): string[] {
  return spans.map(({ what, iteration }) => `${what} ${iteration}`);
}

onDevices("a step profiler takes its iterations and no others, once", async (device) => {
  const recordings = await profiled(device, { first: 3, last: 40 });
  assert.equal(recordings.length, 1);
  const recording = recordings[0]!;
  assert.ok(recording.limits.gflops > 0 && recording.limits.gbps > 0);
  if (recording.clock === "device") {
    // Each profiled step is followed by one that is timed as it is, and by one that only ends that time.
    assert.equal(recording.steps, 9);
    assert.deepEqual(kernelsOf(recording), Array(9).fill(["relu"]));
    assert.ok(recording.runs.every(({ undisturbed }) => undisturbed!.ms > 0));
    assert.ok(recording.runs.every(({ undisturbed }) => undisturbed!.idleMs < undisturbed!.ms));
    assert.deepEqual(
      spansOf(recording),
      [13, 16, 19, 22, 25, 28, 31, 34, 37].flatMap((i) => [`launch ${i}`, `wait ${i}`]),
    );
  } else {
    assert.equal(recording.steps, 5);
    assert.deepEqual(kernelsOf(recording), [Array(5).fill("relu")]);
    assert.equal(recording.runs[0]!.undisturbed, undefined);
    assert.equal(spansOf(recording)[0], "launch 13");
    assert.equal(spansOf(recording).at(-2), "launch 17");
  }
});

onDevices(
  "a step profiler compares no steps in which kernels were compiled",
  async (device) => {
    const recordings = await profiled(device, { first: 1, last: 6 });
    assert.deepEqual(recordings.map(({ steps }) => steps), [5]);
    assert.deepEqual(kernelsOf(recordings[0]!), [Array(5).fill("relu")]);
    assert.equal(recordings[0]!.runs[0]!.undisturbed, undefined);
  },
);

onDevices("a step profiler makes pairs of what steps there are", async (device) => {
  // Iterations 11 and on: two pairs, of which the second lacks a step as one is left out at the end.
  const [recording] = await profiled(device, { first: 1, last: 16, leftOut: [16] });
  assert.ok(recording);
  if (recording.clock === "device") {
    assert.deepEqual(kernelsOf(recording), [["relu"], ["relu"]]);
    assert.deepEqual(recording.runs.map((run) => run.undisturbed === undefined), [false, true]);
    assert.equal(summarizeProfile(recording).undisturbed_pairs, 1);
  } else assert.equal(recording.steps, 5);
});

onDevices(
  "a step that is launched again and again is profiled as often as fits",
  async (device) => {
    let launched = 0, running = 0, most = 0;
    const launch = () => {
      launched += 1;
      most = Math.max(most, running += 1);
      launchRelu(device);
      const report = async () => {
        await device.finish();
        running -= 1;
      };
      return { report };
    };
    const quick = await profileLaunches(device, launch, { forMs: 0 });
    assert.equal(quick.steps, 1);
    // One before those that are timed; on a GPU each timed one has two beside it.
    assert.equal(launched, quick.clock === "device" ? 4 : 2);
    assert.equal(most, 2, "a step is launched while the one before runs, and no more than one");
    assert.equal(running, 0);
    assert.deepEqual(kernelsOf(quick), [["relu"]]);
    assert.deepEqual(spansOf(quick), ["launch 2", "wait 2"]);
    const long = await profileLaunches(device, launch, { forMs: 3000 });
    assert.equal(long.steps, long.clock === "device" ? 9 : 25);
  },
);
