/** The WebGPU device: tensors are GPU buffers, kernels are WGSL, a whole step is recorded and submitted at once. */
import { BufferPool } from "../buffer_pool.ts";
import {
  type Device,
  type DeviceInfo,
  type Download,
  type DownloadPart,
  type MemoryUse,
  type Slot,
  type SlotsOf,
  type TypedArray,
  typedArray,
} from "../device.ts";
import { DeviceError } from "../errors.ts";
import type { Kernel, Plan, PlanContext, Signature } from "../kernel.ts";
import { isSoftwareAdapter } from "../probe.ts";
import { type DeviceProfile, factsOf, type LaunchFacts, type ProfileUnit } from "../profile.ts";
import { boundRange } from "./bound_range.ts";
import { Faults, firstLine } from "./faults.ts";
import { PipelineCache } from "./pipelines.ts";
import { PlanCache, type PreparedDispatch } from "./plan_cache.ts";
import { Readback } from "./readback.ts";
import { Recorder } from "./recorder.ts";
import { GpuProfile } from "./timestamps.ts";
import { Tuner } from "./tuner.ts";

/** A GPU buffer of at least `bytes`. */
class GpuSlot implements Slot {
  constructor(readonly buffer: GPUBuffer, readonly bytes: number, readonly bucket: number) {}
}

/** What to open a {@link WebGpuDevice} with besides the adapter's device. */
export interface WebGpuOptions {
  readonly info: GPUAdapterInfo;
  /** Lowers the largest binding, to test splitting. */
  readonly maxBindingBytes?: number;
  /** Lowers the storage buffers of a launch, to test what runs where there are few. */
  readonly maxBindings?: number;
  /** File that measured kernel choices are kept in; none where absent. */
  readonly tuningFile?: string;
  /** Forces kernel variants wherever they exist: `name`, or `kernel=name,kernel=name`. */
  readonly forceVariant?: string;
}

/** Runs kernels' WGSL on a GPU, or on an adapter that emulates one. */
export class WebGpuDevice implements Device {
  readonly info: DeviceInfo;
  readonly #gpu: GPUDevice;
  readonly #faults: Faults;
  readonly #pipelines: PipelineCache;
  readonly #recorder: Recorder;
  readonly #pool: BufferPool<GPUBuffer>;
  readonly #context: PlanContext;
  readonly #plans: PlanCache;
  readonly #tuner: Tuner;
  readonly #readback: Readback;
  #profile: GpuProfile | undefined;

  constructor(gpu: GPUDevice, options: WebGpuOptions) {
    this.#gpu = gpu;
    this.#faults = new Faults(gpu);
    this.#pipelines = new PipelineCache(gpu, this.#faults);
    this.#recorder = new Recorder(gpu, this.#faults);
    this.#readback = new Readback(gpu, { faults: this.#faults, recorder: this.#recorder });
    this.#pool = new BufferPool({
      maxBytes: gpu.limits.maxBufferSize - gpu.limits.maxBufferSize % 256,
      create: (bytes) => this.#create(bytes),
      destroy: (buffer) => this.#recorder.destroyLater(buffer),
      reusesFirstMade: true, // so that the recorder has the bind groups already
    });
    const description = options.info.description || options.info.device || options.info.vendor;
    const maxBindingBytes = Math.min(
      options.maxBindingBytes ?? Infinity,
      gpu.limits.maxStorageBufferBindingSize,
    );
    const isSoftware = isSoftwareAdapter(options.info);
    const maxBindings = Math.min(
      options.maxBindings ?? Infinity,
      gpu.limits.maxStorageBuffersPerShaderStage,
    );
    this.info = { kind: "webgpu", description, isSoftware, maxBindingBytes, maxBindings };
    this.#context = {
      maxBindingBytes,
      maxBindings,
      offsetAlignment: Math.max(256, gpu.limits.minStorageBufferOffsetAlignment) / 4,
      isSoftware,
    };
    this.#plans = new PlanCache(this.#context, this.#pipelines);
    this.#tuner = new Tuner({
      file: options.tuningFile,
      force: options.forceVariant,
      isSoftware,
    });
  }

  /** Number of pipelines compiled so far. */
  get pipelineCount(): number {
    return this.#pipelines.size;
  }

  allocate(bytes: number): Slot {
    this.#faults.check();
    const { buffer, bucket } = this.#pool.acquire(Math.max(bytes, 16));
    return new GpuSlot(buffer, bytes, bucket);
  }

  release(slot: Slot): void {
    const { buffer, bucket } = own(slot);
    this.#pool.release(buffer, bucket);
  }

  upload(slot: Slot, data: TypedArray): void {
    const { buffer } = own(slot);
    if (data.byteLength === 0) return;
    // A write lands before everything not submitted yet, so what still reads the old contents goes first.
    if (this.#recorder.uses(buffer)) this.#recorder.submit();
    this.#gpu.queue.writeBuffer(buffer, 0, data);
  }

  launch<S extends Signature, P>(kernel: Kernel<S, P>, slots: SlotsOf<S>, params: P): void {
    this.#faults.check();
    const plan = this.#plans.get(kernel, params);
    const variant = Array.isArray(plan)
      ? undefined
      : this.#tuner.pick(kernel.name, plan, () => sizes(kernel.signature, slots));
    const facts = this.#profile && factsOf(kernel, slots, { params, variant });
    if (facts) this.#profile?.launched(facts);
    this.#run(plan, slots, { kernel: kernel.name, variant, facts });
  }

  /** Records a plan with the variant's scratch tensors, whose memory is free for what is recorded next. */
  #run(
    plan: Plan,
    slots: Readonly<Record<string, Slot>>,
    run: { kernel: string; variant: string | undefined; facts?: LaunchFacts },
  ): void {
    const dispatches = this.#plans.dispatches(plan, run);
    const scratch = Object.entries(scratchOf(plan, run.variant))
      .map(([tensor, bytes]) => [tensor, this.allocate(bytes)] as const);
    const all = scratch.length === 0 ? slots : { ...slots, ...Object.fromEntries(scratch) };
    for (const dispatch of dispatches) this.#record(dispatch, all, run);
    for (const [, slot] of scratch) this.release(slot);
  }

  download(parts: readonly DownloadPart[]): Download<TypedArray[]> {
    const sources = parts.map(({ slot, size }) => ({ buffer: own(slot).buffer, bytes: size * 4 }));
    const copy = this.#readback.copy(sources);
    return {
      read: async () => {
        const contents = await copy.read();
        return parts.map(({ dtype }, i) => typedArray(dtype, contents[i]!));
      },
    };
  }

  flush(): void {
    this.#recorder.submit();
  }

  check(): void {
    this.#faults.check();
  }

  async finish(): Promise<void> {
    this.#recorder.submit();
    await this.#faults.settle(this.#gpu.queue.onSubmittedWorkDone());
  }

  startQuickly(): void {
    this.#tuner.startQuickly();
  }

  async measurePending(seconds: number): Promise<void> {
    await this.#tuner.measurePending(seconds, {
      allocate: (bytes) => this.allocate(bytes),
      release: (slot) => this.release(slot),
      run: (kernel, plan, { name, slots }) => this.#run(plan, slots, { kernel, variant: name }),
      finish: () => this.finish(),
    });
  }

  profile(unit: ProfileUnit = "launch"): DeviceProfile {
    this.#profile?.stop();
    this.#recorder.submit();
    const profile = new GpuProfile({
      gpu: this.#gpu,
      unit,
      submit: () => this.#recorder.submit(),
      finish: () => this.finish(),
      onStop: () => this.#time(undefined),
    });
    this.#time(profile);
    return profile;
  }

  /** The variants met so far, by kernel; the first is what runs where nothing was measured. */
  get variantsMet(): ReadonlyMap<string, readonly string[]> {
    return this.#tuner.met;
  }

  #time(profile: GpuProfile | undefined): void {
    this.#profile = profile;
    this.#recorder.profile = profile?.clock === "device" ? profile : undefined;
  }

  memory(): MemoryUse {
    return this.#pool.use();
  }

  resetPeak(): void {
    this.#pool.resetPeak();
  }

  close(): void {
    this.#faults.report("The GPU device was closed and takes no more work.");
    this.#pool.trim();
    this.#recorder.close();
    this.#readback.close();
    this.#gpu.destroy();
  }

  /** Ends the GPU device under us, as a driver's crash would: for tests. */
  loseForTest(): void {
    this.#gpu.destroy();
  }

  #record(
    dispatch: PreparedDispatch,
    slots: Readonly<Record<string, Slot>>,
    run: { kernel: string; facts?: LaunchFacts },
  ): void {
    const ranges = dispatch.bindings.map(({ binding, tensor, view }) => {
      const slot = slots[tensor];
      if (!slot) {
        throw new TypeError(
          `Cannot launch ${run.kernel} as no tensor is named ${tensor} as in its WGSL`,
        );
      }
      const bound = { binding, slot: own(slot), view };
      return boundRange(bound, { kernel: run.kernel, context: this.#context });
    });
    this.#recorder.add(dispatch, ranges, run);
  }

  #create(bytes: number): GPUBuffer {
    if (bytes > this.#gpu.limits.maxBufferSize) {
      throw new DeviceError(
        `There is no buffer of ${bytes} bytes on this adapter, whose largest has ${this.#gpu.limits.maxBufferSize}; use a smaller SOLVER.IMS_PER_GPU or INPUT.MIN_SIZE_TRAIN.`,
      );
    }
    return this.#faults.guard(
      () =>
        this.#gpu.createBuffer({
          size: bytes,
          usage: GPUBufferUsage.STORAGE | GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_SRC |
            GPUBufferUsage.COPY_DST,
        }),
      {
        filters: ["out-of-memory"],
        describe: (error) =>
          `The GPU has no memory for a buffer of ${Math.ceil(bytes / 2 ** 20)} MiB (${
            firstLine(error)
          }); use a smaller SOLVER.IMS_PER_GPU or INPUT.MIN_SIZE_TRAIN.`,
      },
    );
  }
}

function own(slot: Slot): GpuSlot {
  if (!(slot instanceof GpuSlot)) {
    throw new TypeError("Cannot use memory of another device on a WebGPU device");
  }
  return slot;
}

/** Bytes of the scratch tensors of a plan's alternative, by name. */
function scratchOf(plan: Plan, variant: string | undefined): Readonly<Record<string, number>> {
  return Array.isArray(plan) || variant === undefined ? {} : plan.scratch?.[variant] ?? {};
}

function sizes(
  signature: Signature,
  slots: Readonly<Record<string, Slot>>,
): Record<string, number> {
  return Object.fromEntries(Object.keys(signature).map((name) => [name, slots[name]!.bytes]));
}
