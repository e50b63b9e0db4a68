/**
 * The CPU device: tensors are typed arrays, kernels run their host code at once. In double precision it
 * is the reference that tests hold both devices against.
 * @module
 */
import {
  type Device,
  type DeviceInfo,
  type Download,
  type DownloadPart,
  type Slot,
  type SlotsOf,
  type TypedArray,
  typedArray,
} from "../device.ts";
import { DeviceError } from "../errors.ts";
import { ImmediateDevice } from "../immediate_device.ts";
import type { ArrayOf, FloatArray, HostArrays, Kernel, Signature } from "../kernel.ts";
import { type DeviceProfile, factsOf } from "../profile.ts";
import { blas } from "./blas.ts";
import type { HostBlock } from "./heap.ts";
import { HostMemory } from "./host_memory.ts";
import { meterHost } from "./meter.ts";

/** Host memory with one typed array of each kind over it. */
class CpuSlot implements Slot {
  #views: Partial<ArrayOf> = {};
  constructor(
    readonly block: HostBlock,
    readonly bytes: number,
    readonly Float: FloatConstructor,
  ) {}

  get f32(): FloatArray {
    const { buffer, at } = this.block;
    return this.#views.f32 ??= new this.Float(buffer, at, this.bytes / 4);
  }
  get i32(): Int32Array {
    const { buffer, at } = this.block;
    return this.#views.i32 ??= new Int32Array(buffer, at, this.bytes / 4);
  }
  get u32(): Uint32Array {
    const { buffer, at } = this.block;
    return this.#views.u32 ??= new Uint32Array(buffer, at, this.bytes / 4);
  }
}

type FloatConstructor = typeof Float32Array | typeof Float64Array;

/** How a {@link CpuDevice} holds f32 tensors: 32 bits, or 64 to be a reference. */
export interface CpuOptions {
  readonly precision?: 32 | 64;
}

/** Runs kernels' host code over host memory. */
export class CpuDevice extends ImmediateDevice<HostMemory> implements Device {
  readonly info: DeviceInfo;
  readonly #Float: FloatConstructor;

  constructor(options: CpuOptions = {}) {
    super(new HostMemory());
    this.#Float = options.precision === 64 ? Float64Array : Float32Array;
    const library = blas();
    this.info = {
      kind: "cpu",
      description: library ? `CPU with BLAS (${library.path})` : "CPU without BLAS (slow)",
      isSoftware: true,
      maxBindingBytes: Infinity,
      maxBindings: Infinity,
    };
  }

  allocate(bytes: number): Slot {
    const block = this.#takeBlock(bytes / 4 * this.#Float.BYTES_PER_ELEMENT);
    return new CpuSlot(block, bytes, this.#Float);
  }

  release(slot: Slot): void {
    this.pool.release(own(slot).block);
  }

  upload(slot: Slot, data: TypedArray | Float64Array): void {
    const target = own(slot);
    if (data instanceof Int32Array) target.i32.set(data);
    else if (data instanceof Uint32Array) target.u32.set(data);
    else target.f32.set(data);
  }

  launch<S extends Signature, P>(kernel: Kernel<S, P>, slots: SlotsOf<S>, params: P): void {
    const arrays: Record<string, ArrayOf[keyof ArrayOf]> = {};
    for (const name in kernel.signature) arrays[name] = own(slots[name])[kernel.signature[name]!];
    const run = () => kernel.host(arrays as HostArrays<S>, params);
    if (this.profiling) this.profiling.time(factsOf(kernel, slots, { params }), run);
    else run();
  }

  profile(): DeviceProfile {
    const meter = { productMs: 0, copiedBytes: 0 };
    const profile = this.startProfile("host", { meter, onStop: () => meterHost(undefined) });
    meterHost(meter);
    return profile;
  }

  download(parts: readonly DownloadPart[]): Download<TypedArray[]> {
    const copies = parts.map(({ slot, size, dtype }) => {
      const copy = typedArray(dtype, new ArrayBuffer(size * 4));
      copy.set(own(slot)[dtype].subarray(0, size));
      return copy;
    });
    return { read: () => Promise.resolve(copies) };
  }

  #takeBlock(bytes: number): HostBlock {
    try {
      return this.pool.acquire(bytes);
    } catch {
      throw new DeviceError(
        `There is no host memory for a tensor of ${
          Math.ceil(bytes / 2 ** 20)
        } MiB; use a smaller SOLVER.IMS_PER_GPU or INPUT.MIN_SIZE_TRAIN.`,
      );
    }
  }

  /** A copy of an f32 slot in the precision that it is held in. */
  floats(slot: Slot): FloatArray {
    return own(slot).f32.slice();
  }
}

function own(slot: Slot): CpuSlot {
  if (!(slot instanceof CpuSlot)) {
    throw new TypeError("Cannot use memory of another device on the CPU device");
  }
  return slot;
}
