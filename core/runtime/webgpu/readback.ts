/**
 * Brings buffers' contents to the host. Deno's `mapAsync` returns only when all that was submitted has run: called as
 * soon as a step is submitted, it keeps the host from recording the next one meanwhile; called after the next is
 * submitted, it waits for that one too. So a copy is mapped when it is read, or right before the next submission.
 * @module
 */
import { bucketBytes } from "../buffer_pool.ts";
import { type Faults, firstLine } from "./faults.ts";
import type { Recorder } from "./recorder.ts";

/** Mappable buffers kept for reuse; what is read each step is of few sizes. */
const BUFFERS_KEPT = 16;

/** The first `bytes` of a buffer. */
interface Source {
  readonly buffer: GPUBuffer;
  readonly bytes: number;
}

/** Reads buffers through mappable ones, which it keeps. */
export class Readback {
  readonly #device: GPUDevice;
  readonly #faults: Faults;
  readonly #recorder: Recorder;
  #idle: GPUBuffer[] = [];

  constructor(device: GPUDevice, helpers: { faults: Faults; recorder: Recorder }) {
    this.#device = device;
    this.#faults = helpers.faults;
    this.#recorder = helpers.recorder;
  }

  /** Copies all sources after all that was recorded, which is submitted. */
  copy(sources: readonly Source[]): { read(): Promise<ArrayBuffer[]> } {
    const total = sources.reduce((sum, { bytes }) => sum + bytes, 0);
    if (total === 0) return { read: () => Promise.resolve(sources.map(() => new ArrayBuffer(0))) };
    const target = this.#take(total);
    let at = 0;
    const parts = sources.map(({ buffer, bytes }) => {
      at += bytes;
      return { from: buffer, to: target, at: at - bytes, bytes };
    });
    this.#recorder.submit(parts);
    let contents: Promise<ArrayBuffer[]> | undefined;
    const read = () => {
      this.#recorder.beforeSubmission.delete(begin);
      return contents ??= this.#map(target, parts);
    };
    // Whoever reads it is told of a failure; one that nobody waits for yet is nobody's unhandled rejection.
    const begin = () => void read().catch(() => {});
    this.#recorder.beforeSubmission.add(begin);
    return { read };
  }

  async #map(
    target: GPUBuffer,
    parts: readonly { readonly at: number; readonly bytes: number }[],
  ): Promise<ArrayBuffer[]> {
    const total = parts.reduce((sum, { bytes }) => sum + bytes, 0);
    try {
      await this.#faults.settle(target.mapAsync(GPUMapMode.READ, 0, total));
    } catch (error) {
      target.destroy();
      throw error;
    }
    const all = target.getMappedRange(0, total);
    const result = parts.map(({ at, bytes }) => all.slice(at, at + bytes));
    target.unmap();
    this.#idle.push(target);
    if (this.#idle.length > BUFFERS_KEPT) this.#idle.shift()?.destroy();
    return result;
  }

  close(): void {
    for (const buffer of this.#idle.splice(0)) buffer.destroy();
  }

  #take(bytes: number): GPUBuffer {
    const size = bucketBytes(bytes);
    const at = this.#idle.findIndex((buffer) => buffer.size === size);
    const [kept] = at < 0 ? [] : this.#idle.splice(at, 1);
    return kept ?? this.#faults.guard(
      () =>
        this.#device.createBuffer({
          label: "readback",
          size,
          usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
        }),
      {
        filters: ["out-of-memory"],
        describe: (error) => `The GPU has no memory to return ${bytes} bytes: ${firstLine(error)}`,
      },
    );
  }
}
