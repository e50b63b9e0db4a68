/** Brings buffers' contents to the host. */
import { bucketBytes } from "../buffer_pool.ts";
import { type Faults, firstLine } from "./faults.ts";
import type { Recorder } from "./recorder.ts";

/** Mappable buffers kept for reuse; what is read each step is of few sizes. */
const BUFFERS_KEPT = 16;

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

  /**
   * The first `bytes` of `source` after all that was recorded, which is submitted.
   * @throws DeviceError on any GPU error so far
   */
  async copy(source: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
    const target = this.#take(bytes);
    this.#recorder.submit({ from: source, to: target, bytes });
    try {
      await this.#faults.settle(target.mapAsync(GPUMapMode.READ, 0, bytes));
    } catch (error) {
      target.destroy();
      throw error;
    }
    const result = target.getMappedRange(0, bytes).slice(0);
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
