/** Collects dispatches with their uniforms and hands them to the queue, many in one submission. */
import { type Faults, firstLine } from "./faults.ts";
import { type BoundRange, checkAliases } from "./bound_range.ts";
import type { LaunchFacts } from "../profile.ts";
import type { Pipeline } from "./pipelines.ts";
import type { PreparedDispatch } from "./plan_cache.ts";
import type { GpuProfile } from "./timestamps.ts";
import { UNIFORM_BYTES } from "./wgsl_interface.ts";

interface Command {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly uniformOffset: number;
  readonly grid: readonly [number, number, number];
  readonly kernel: string;
  /** The launch that it is part of, while a profile is taken. */
  readonly facts: LaunchFacts | undefined;
}

/** The first `bytes` of a buffer, for byte `at` of another and on. */
export interface BufferCopy {
  readonly from: GPUBuffer;
  readonly to: GPUBuffer;
  readonly at: number;
  readonly bytes: number;
}

/**
 * Dispatches that one submission takes at most: a small model's step fits, since Mesa's second submission waits for the
 * first, and of a large one the hardware should start before all is recorded.
 */
const COMMANDS_PER_SUBMISSION = 1024;

/** Bind groups kept; beyond that, all are made anew. */
const BIND_GROUPS_KEPT = 8192;

/** Kernels that a message names at most. */
const KERNELS_NAMED = 8;

/** Records dispatches in order. */
export class Recorder {
  /** Where set, every launch of the next submissions is timed. */
  profile: GpuProfile | undefined;
  /** What is called, in order, when a submission is ready, before the hardware gets it. */
  readonly beforeSubmission = new Set<() => void>();
  readonly #device: GPUDevice;
  readonly #faults: Faults;
  readonly #stride: number;
  readonly #uniforms: GPUBuffer;
  readonly #staging: Uint8Array<ArrayBuffer>;
  readonly #bindGroups = new Map<string, GPUBindGroup>();
  /** Keys of the bind groups that hold a buffer, to drop them with it. */
  #keysOf = new Map<GPUBuffer, string[]>();
  readonly #bufferIds = new WeakMap<GPUBuffer, number>();
  #nextBufferId = 0;
  #commands: Command[] = [];
  #used = new Set<GPUBuffer>();
  #doomed: GPUBuffer[] = [];

  constructor(device: GPUDevice, faults: Faults) {
    this.#device = device;
    this.#faults = faults;
    this.#stride = Math.max(UNIFORM_BYTES, device.limits.minUniformBufferOffsetAlignment);
    const size = this.#stride * COMMANDS_PER_SUBMISSION;
    this.#uniforms = device.createBuffer({
      label: "uniforms",
      size,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    this.#staging = new Uint8Array(size);
  }

  /** Adds a dispatch; `ranges` are in the order of the pipeline's storage bindings. */
  add(
    { pipeline, uniforms, grid }: PreparedDispatch,
    ranges: readonly BoundRange[],
    run: { kernel: string; facts?: LaunchFacts },
  ): void {
    checkAliases(ranges, run.kernel);
    if (this.#commands.length === COMMANDS_PER_SUBMISSION) this.submit();
    const uniformOffset = this.#commands.length * this.#stride;
    this.#staging.set(uniforms, uniformOffset);
    for (const { buffer } of ranges) this.#used.add(buffer);
    this.#commands.push({
      pipeline: pipeline.pipeline,
      bindGroup: this.#bindGroup(pipeline, ranges, run.kernel),
      uniformOffset,
      grid,
      kernel: run.kernel,
      facts: run.facts,
    });
  }

  /** True where a recorded dispatch that is not submitted yet uses `buffer`. */
  uses(buffer: GPUBuffer): boolean {
    return this.#used.has(buffer);
  }

  /** Destroys `buffer`, once what is recorded has been submitted where that uses it. */
  destroyLater(buffer: GPUBuffer): void {
    for (const key of this.#keysOf.get(buffer) ?? []) this.#bindGroups.delete(key);
    this.#keysOf.delete(buffer);
    if (this.uses(buffer)) this.#doomed.push(buffer);
    else buffer.destroy();
  }

  /** Submits what was recorded, then `copies`, without waiting. */
  submit(copies: readonly BufferCopy[] = []): void {
    if (this.#commands.length > 0 || copies.length > 0) this.#encode(copies);
    this.#commands = [];
    this.#used = new Set();
    for (const buffer of this.#doomed.splice(0)) buffer.destroy();
  }

  close(): void {
    this.#commands = [];
    this.#uniforms.destroy();
    for (const buffer of this.#doomed.splice(0)) buffer.destroy();
  }

  #encode(copies: readonly BufferCopy[]): void {
    const commands = this.#commands;
    const scopes = {
      filters: ["out-of-memory", "validation"] as const,
      describe: (error: GPUError) =>
        `The GPU refused work of the kernels ${namesOf(commands)}: ${firstLine(error)}`,
    };
    const encoded = this.#faults.guard(() => {
      const encoder = this.#device.createCommandEncoder();
      if (commands.length > 0) this.#encodeCommands(encoder);
      for (const { from, to, at, bytes } of copies) {
        encoder.copyBufferToBuffer(from, 0, to, at, bytes);
      }
      return encoder.finish();
    }, scopes);
    for (const call of this.beforeSubmission) call();
    this.#faults.guard(() => this.#device.queue.submit([encoded]), scopes);
  }

  #encodeCommands(encoder: GPUCommandEncoder): void {
    const bytes = this.#commands.length * this.#stride;
    this.#device.queue.writeBuffer(this.#uniforms, 0, this.#staging, 0, bytes);
    if (!this.profile) return this.#encodePass(encoder.beginComputePass(), this.#commands);
    const whole = this.profile.wholeSubmission();
    const launches = whole
      ? [{ facts: whole, commands: this.#commands }]
      : groupByLaunch(this.#commands);
    const timed = launches.filter(({ facts }) => facts !== undefined).length;
    const batch = timed > 0 ? this.profile.begin(timed) : undefined;
    for (const { facts, commands } of launches) {
      this.#encodePass(encoder.beginComputePass(facts && batch?.pass(facts)), commands);
    }
    batch?.resolve(encoder);
  }

  #encodePass(pass: GPUComputePassEncoder, commands: readonly Command[]): void {
    let current: GPUComputePipeline | undefined;
    for (const { pipeline, bindGroup, uniformOffset, grid } of commands) {
      if (pipeline !== current) pass.setPipeline(pipeline);
      current = pipeline;
      pass.setBindGroup(0, bindGroup, [uniformOffset]);
      pass.dispatchWorkgroups(grid[0], grid[1], grid[2]);
    }
    pass.end();
  }

  #bindGroup(pipeline: Pipeline, ranges: readonly BoundRange[], kernel: string): GPUBindGroup {
    let key = `${pipeline.id}`;
    for (const { buffer, offset, size } of ranges) {
      key += `,${this.#idOf(buffer)}:${offset}:${size}`;
    }
    const known = this.#bindGroups.get(key);
    if (known) return known;
    if (this.#bindGroups.size >= BIND_GROUPS_KEPT) {
      this.#bindGroups.clear();
      this.#keysOf = new Map();
    }
    const made = this.#faults.guard(() => this.#makeBindGroup(pipeline, ranges, kernel), {
      filters: ["validation"],
      describe: (error) =>
        `The GPU refused the tensors of the kernel ${kernel}: ${firstLine(error)}`,
    });
    this.#bindGroups.set(key, made);
    for (const { buffer } of ranges) {
      const keys = this.#keysOf.get(buffer);
      if (keys) keys.push(key);
      else this.#keysOf.set(buffer, [key]);
    }
    return made;
  }

  #makeBindGroup(
    pipeline: Pipeline,
    ranges: readonly BoundRange[],
    kernel: string,
  ): GPUBindGroup {
    const uniforms = { buffer: this.#uniforms, offset: 0, size: UNIFORM_BYTES };
    return this.#device.createBindGroup({
      label: kernel,
      layout: pipeline.layout,
      entries: [
        { binding: 0, resource: uniforms },
        ...ranges.map(({ index, buffer, offset, size }) => ({
          binding: index,
          resource: { buffer, offset, size },
        })),
      ],
    });
  }

  #idOf(buffer: GPUBuffer): number {
    let id = this.#bufferIds.get(buffer);
    if (id === undefined) this.#bufferIds.set(buffer, id = this.#nextBufferId++);
    return id;
  }
}

/** Runs of commands of one launch each. */
function groupByLaunch(
  commands: readonly Command[],
): { facts: LaunchFacts | undefined; commands: Command[] }[] {
  const groups: { facts: LaunchFacts | undefined; commands: Command[] }[] = [];
  for (const command of commands) {
    const last = groups.at(-1);
    if (last && last.facts === command.facts) last.commands.push(command);
    else groups.push({ facts: command.facts, commands: [command] });
  }
  return groups;
}

/** The kernels of a submission, a few of them where they are many. */
function namesOf(commands: readonly Command[]): string {
  const names = [...new Set(commands.map(({ kernel }) => kernel))];
  const shown = names.slice(0, KERNELS_NAMED).join(", ") || "readback";
  return names.length > KERNELS_NAMED ? `${shown} and ${names.length - KERNELS_NAMED} more` : shown;
}
