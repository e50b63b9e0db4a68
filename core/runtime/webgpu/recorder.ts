/** Collects dispatches with their uniforms and hands them to the queue, many in one submission. */
import { type Faults, firstLine } from "./faults.ts";
import { type Pipeline, UNIFORM_BYTES } from "./pipelines.ts";
import { packUniforms } from "./wgsl_interface.ts";

/** A buffer range that a dispatch binds. */
export interface BoundRange {
  readonly name: string;
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size: number;
}

interface Command {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly uniformOffset: number;
  readonly grid: readonly [number, number, number];
  readonly kernel: string;
}

/** Dispatches that one submission takes at most: the hardware should start before the step is recorded. */
const COMMANDS_PER_SUBMISSION = 512;

/** Bind groups kept; beyond that, all are made anew. */
const BIND_GROUPS_KEPT = 8192;

/** Records dispatches in order. */
export class Recorder {
  readonly #device: GPUDevice;
  readonly #faults: Faults;
  readonly #stride: number;
  readonly #uniforms: GPUBuffer;
  readonly #staging: DataView<ArrayBuffer>;
  readonly #bindGroups = new Map<string, GPUBindGroup>();
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
    this.#staging = new DataView(new ArrayBuffer(size));
  }

  /** Adds a dispatch. */
  add(
    pipeline: Pipeline,
    ranges: readonly BoundRange[],
    run: {
      uniforms: Readonly<Record<string, number>>;
      grid: readonly [number, number, number];
      kernel: string;
    },
  ): void {
    if (this.#commands.length === COMMANDS_PER_SUBMISSION) this.submit();
    const uniformOffset = this.#commands.length * this.#stride;
    packUniforms(pipeline.wgsl.uniforms, run.uniforms, {
      view: this.#staging,
      offset: uniformOffset,
      kernel: run.kernel,
    });
    for (const { buffer } of ranges) this.#used.add(buffer);
    this.#commands.push({
      pipeline: pipeline.pipeline,
      bindGroup: this.#bindGroup(pipeline, ranges, run.kernel),
      uniformOffset,
      grid: run.grid,
      kernel: run.kernel,
    });
  }

  /** True where a recorded dispatch that is not submitted yet uses `buffer`. */
  uses(buffer: GPUBuffer): boolean {
    return this.#used.has(buffer);
  }

  /** Destroys `buffer` once what is recorded has been submitted. */
  destroyLater(buffer: GPUBuffer): void {
    this.#doomed.push(buffer);
    this.#bindGroups.clear();
  }

  /** Submits what was recorded, then `copy` where given, without waiting. */
  submit(copy?: { from: GPUBuffer; to: GPUBuffer; bytes: number }): void {
    if (this.#commands.length > 0 || copy) this.#encode(copy);
    this.#commands = [];
    this.#used = new Set();
    for (const buffer of this.#doomed.splice(0)) buffer.destroy();
  }

  close(): void {
    this.#commands = [];
    this.#uniforms.destroy();
    for (const buffer of this.#doomed.splice(0)) buffer.destroy();
  }

  #encode(copy?: { from: GPUBuffer; to: GPUBuffer; bytes: number }): void {
    const commands = this.#commands;
    this.#device.pushErrorScope("out-of-memory");
    this.#device.pushErrorScope("validation");
    if (commands.length > 0) {
      this.#device.queue.writeBuffer(
        this.#uniforms,
        0,
        this.#staging.buffer,
        0,
        commands.length * this.#stride,
      );
    }
    const encoder = this.#device.createCommandEncoder();
    if (commands.length > 0) {
      const pass = encoder.beginComputePass();
      let current: GPUComputePipeline | undefined;
      for (const { pipeline, bindGroup, uniformOffset, grid } of commands) {
        if (pipeline !== current) pass.setPipeline(pipeline);
        current = pipeline;
        pass.setBindGroup(0, bindGroup, [uniformOffset]);
        pass.dispatchWorkgroups(grid[0], grid[1], grid[2]);
      }
      pass.end();
    }
    if (copy) encoder.copyBufferToBuffer(copy.from, 0, copy.to, 0, copy.bytes);
    this.#device.queue.submit([encoder.finish()]);
    const kernels = () => [...new Set(commands.map(({ kernel }) => kernel))].join(", ");
    const describe = (error: GPUError) =>
      `The GPU refused work of the kernels ${kernels()}: ${firstLine(error)}`;
    this.#faults.watch(this.#device.popErrorScope(), describe);
    this.#faults.watch(this.#device.popErrorScope(), describe);
  }

  #bindGroup(pipeline: Pipeline, ranges: readonly BoundRange[], kernel: string): GPUBindGroup {
    let key = `${pipeline.id}`;
    for (const { buffer, offset, size } of ranges) {
      key += `,${this.#idOf(buffer)}:${offset}:${size}`;
    }
    const known = this.#bindGroups.get(key);
    if (known) return known;
    if (this.#bindGroups.size >= BIND_GROUPS_KEPT) this.#bindGroups.clear();
    const byName = new Map(ranges.map((range) => [range.name, range]));
    const storage = pipeline.wgsl.storage.map(({ name, index }): GPUBindGroupEntry => {
      const range = byName.get(name);
      if (!range) {
        throw new TypeError(`Cannot launch ${kernel} as no tensor is named ${name} as in its WGSL`);
      }
      return {
        binding: index,
        resource: { buffer: range.buffer, offset: range.offset, size: range.size },
      };
    });
    const uniforms = {
      binding: 0,
      resource: { buffer: this.#uniforms, offset: 0, size: UNIFORM_BYTES },
    };
    const made = this.#device.createBindGroup({
      label: kernel,
      layout: pipeline.layout,
      entries: [uniforms, ...storage],
    });
    this.#bindGroups.set(key, made);
    return made;
  }

  #idOf(buffer: GPUBuffer): number {
    let id = this.#bufferIds.get(buffer);
    if (id === undefined) this.#bufferIds.set(buffer, id = this.#nextBufferId++);
    return id;
  }
}
