/**
 * A device that holds and computes nothing, but counts: shapes, peak memory and launches of a step of a
 * full-size model are known in a moment.
 * @module
 */
import { BufferPool } from "./buffer_pool.ts";
import { ImmediateDevice } from "./immediate_device.ts";
import type { Device, DeviceInfo, Download, Slot, SlotsOf } from "./device.ts";
import type { Kernel, Signature } from "./kernel.ts";
import { type DeviceProfile, factsOf } from "./profile.ts";

/** What the pool hands out in place of a buffer. */
class DryBuffer {}

class DrySlot implements Slot {
  constructor(readonly buffer: DryBuffer, readonly bytes: number, readonly bucket: number) {}
}

/**
 * Counts what a WebGPU device would hold, bucket for bucket. To whoever asks it is a GPU, so that
 * operators choose their GPU paths.
 */
export class DryDevice extends ImmediateDevice<BufferPool<DryBuffer>> implements Device {
  readonly info: DeviceInfo;
  readonly #launches = new Map<string, number>();

  /** @param info where it should differ from a GPU with bindings of 2 GiB, of which a launch has 8 */
  constructor(info: Partial<DeviceInfo> = {}) {
    super(
      new BufferPool<DryBuffer>({
        create: () => new DryBuffer(),
        destroy: () => {},
      }),
    );
    this.info = {
      kind: "webgpu",
      description: "dry run",
      isSoftware: false,
      maxBindingBytes: 2 ** 31,
      maxBindings: 8,
      ...info,
    };
  }

  /** How often each kernel was launched, by its name. */
  get launches(): ReadonlyMap<string, number> {
    return this.#launches;
  }

  allocate(bytes: number): Slot {
    const { buffer, bucket } = this.pool.acquire(bytes);
    return new DrySlot(buffer, bytes, bucket);
  }

  release(slot: Slot): void {
    const { buffer, bucket } = own(slot);
    this.pool.release(buffer, bucket);
  }

  upload(slot: Slot): void {
    own(slot);
  }

  launch<S extends Signature, P>(kernel: Kernel<S, P>, slots: SlotsOf<S>, params: P): void {
    for (const name in kernel.signature) own(slots[name]);
    this.profiling?.time(factsOf(kernel, slots, { params }), () => {});
    this.#launches.set(kernel.name, (this.#launches.get(kernel.name) ?? 0) + 1);
  }

  /** Launches with their FLOPs and bytes, without times. */
  profile(): DeviceProfile {
    return this.startProfile("none");
  }

  /** What fails to be read with a TypeError: there are no contents. */
  download(): Download<never> {
    const message = "Cannot read numbers from a dry device as it computes none";
    return { read: () => Promise.reject(new TypeError(message)) };
  }
}

function own(slot: Slot): DrySlot {
  if (!(slot instanceof DrySlot)) {
    throw new TypeError("Cannot use memory of another device on a dry device");
  }
  return slot;
}
