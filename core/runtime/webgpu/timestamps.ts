/**
 * Times launches by timestamp queries. WebGPU writes timestamps at the start and end of a pass only, so that each
 * launch has a pass of its own while a profile of them is taken.
 * @module
 */
import {
  type DeviceProfile,
  type LaunchFacts,
  type LaunchTiming,
  type ProfileClock,
  type ProfileUnit,
  SUBMISSION,
} from "../profile.ts";

const NANOSECONDS = 1e6; // per millisecond
const STAMP_BYTES = 8;

/** What a launch does on the host. */
const ON_HOST = { productMs: 0, copiedBytes: 0 };

/** The timestamps of one submission. */
class Batch {
  readonly launches: LaunchFacts[] = [];
  /** The profile's part that it belongs to. */
  readonly part: number;
  readonly #device: GPUDevice;
  readonly #set: GPUQuerySet;
  #resolved: GPUBuffer | undefined;
  #target: GPUBuffer | undefined;
  /** When the submission was handed over, in the host's milliseconds. */
  #submitted = 0;

  constructor(device: GPUDevice, { part, launches }: { part: number; launches: number }) {
    this.part = part;
    this.#device = device;
    this.#set = device.createQuerySet({ type: "timestamp", count: 2 * launches });
  }

  get submitted(): number {
    return this.#submitted;
  }

  /** The descriptor of a pass that holds one launch. */
  pass(launch: LaunchFacts): GPUComputePassDescriptor {
    const first = 2 * this.launches.length;
    this.launches.push(launch);
    return {
      timestampWrites: {
        querySet: this.#set,
        beginningOfPassWriteIndex: first,
        endOfPassWriteIndex: first + 1,
      },
    };
  }

  /** Writes what copies the timestamps to where the host can read them. */
  resolve(encoder: GPUCommandEncoder): void {
    const count = 2 * this.launches.length, size = count * STAMP_BYTES;
    this.#resolved = this.#device.createBuffer({
      label: "timestamps",
      size,
      usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
    });
    this.#target = this.#device.createBuffer({
      label: "timestamps to read",
      size,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    encoder.resolveQuerySet(this.#set, 0, count, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, this.#target, 0, size);
    this.#submitted = performance.now();
  }

  /** Start and end of each launch, in the device's milliseconds; frees the queries. */
  async read(): Promise<{ start: number; end: number }[]> {
    const target = this.#target;
    if (!target) return [];
    await target.mapAsync(GPUMapMode.READ);
    const stamps = new BigUint64Array(target.getMappedRange().slice(0));
    this.destroy();
    return this.launches.map((_, i) => ({
      start: Number(stamps[2 * i]!) / NANOSECONDS,
      end: Number(stamps[2 * i + 1]!) / NANOSECONDS,
    }));
  }

  destroy(): void {
    this.#resolved?.destroy();
    this.#target?.destroy();
    this.#set.destroy();
  }
}

/** What a {@link GpuProfile} needs of its device, and what it is to time. */
interface Host {
  readonly gpu: GPUDevice;
  readonly unit: ProfileUnit;
  /** Submits what is recorded. */
  submit(): void;
  /** The same, and waits for it. */
  finish(): Promise<void>;
  onStop(): void;
}

/** A profile of a WebGPU device. */
export class GpuProfile implements DeviceProfile {
  readonly clock: ProfileClock;
  readonly #host: Host;
  #unit: ProfileUnit;
  /** The one that is going on; the first is 0. */
  #part = 0;
  #batches: Batch[] = [];
  /** Launches in order, where there are no timestamps. */
  #untimed: { readonly part: number; readonly facts: LaunchFacts }[] = [];

  constructor(host: Host) {
    this.#host = host;
    this.#unit = host.unit;
    this.clock = host.gpu.features.has("timestamp-query") ? "device" : "none";
  }

  /** Told of each launch before its dispatches are recorded. */
  launched(facts: LaunchFacts): void {
    if (this.clock === "none" && this.#unit === "launch") {
      this.#untimed.push({ part: this.#part, facts });
    }
  }

  /** What stands for all launches of a submission, where these are not timed one by one. */
  wholeSubmission(): LaunchFacts | undefined {
    if (this.#unit === "launch") return undefined;
    return () => ({
      kernel: SUBMISSION,
      variant: undefined,
      params: undefined,
      flops: 0,
      bytes: 0,
    });
  }

  /** The timestamps of a submission of at most `launches` passes that are timed. */
  begin(launches: number): Batch {
    const batch = new Batch(this.#host.gpu, { part: this.#part, launches });
    this.#batches.push(batch);
    return batch;
  }

  next(unit: ProfileUnit = "launch"): void {
    this.#host.submit();
    this.#unit = unit;
    this.#part += 1;
  }

  async take(): Promise<LaunchTiming[]> {
    return (await this.takeParts()).flat();
  }

  async takeParts(): Promise<LaunchTiming[][]> {
    await this.#host.finish();
    const parts = Array.from({ length: this.#part + 1 }, (): LaunchTiming[] => []);
    this.#part = 0;
    const batches = this.#batches.splice(0);
    const untimed = this.#untimed.splice(0);
    const read = await Promise.all(batches.map((batch) => batch.read()));
    const none = { start: 0, ms: 0, ...ON_HOST };
    for (const { part, facts } of untimed) parts[part]!.push({ ...facts(), ...none });
    for (const { part, timing } of merged(batches, read)) parts[part]!.push(timing);
    return parts;
  }

  stop(): void {
    this.#host.onStop();
    for (const batch of this.#batches.splice(0)) batch.destroy();
    this.#untimed = [];
  }
}

export type { Batch as TimestampBatch };

/** The launches of all batches with the parts that they belong to; a launch that was cut between two submissions is one again. */
function merged(
  batches: readonly Batch[],
  times: readonly (readonly { start: number; end: number }[])[],
): { part: number; timing: LaunchTiming }[] {
  const offset = clockOffset(batches, times);
  const byLaunch = new Map<LaunchFacts, { part: number; start: number; ms: number }>();
  batches.forEach((batch, b) =>
    batch.launches.forEach((facts, i) => {
      const { start, end } = times[b]![i]!;
      const before = byLaunch.get(facts);
      // Drivers may give an end of 0 where a device was busy elsewhere: no negative time.
      const ms = Math.max(0, end - start);
      if (before) before.ms += ms;
      else byLaunch.set(facts, { part: batch.part, start: start + offset, ms });
    })
  );
  return [...byLaunch].map(([facts, { part, start, ms }]) => ({
    part,
    timing: { ...facts(), start, ms, ...ON_HOST },
  }));
}

/** What to add to the device's clock for the host's: the least by which no batch starts before it was submitted. */
function clockOffset(
  batches: readonly Batch[],
  times: readonly (readonly { start: number }[])[],
): number {
  const offsets = batches.flatMap(({ submitted }, b) => {
    const first = times[b]![0];
    return first ? [submitted - first.start] : [];
  });
  return offsets.length === 0 ? 0 : Math.max(...offsets);
}
