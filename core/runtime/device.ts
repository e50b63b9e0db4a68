/**
 * The one interface between tensors and what computes: opaque slots of memory, uploads, downloads and
 * kernel launches. `webgpu/` and `cpu/` implement it; nothing above the runtime knows which it has.
 * @module
 */
import type { DType, Kernel, Signature } from "./kernel.ts";
import type { DeviceProfile, ProfileUnit } from "./profile.ts";

/** A piece of device memory. Only the device that made it can look inside. */
export interface Slot {
  /** Bytes asked for; what is reserved may be more. */
  readonly bytes: number;
}

/** Arrays that tensors are made from and read into. */
export type TypedArray =
  | Float32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>;

/** The 4-byte elements of `buffer` as `dtype`. */
export function typedArray(dtype: DType, buffer: ArrayBuffer): TypedArray {
  if (dtype === "f32") return new Float32Array(buffer);
  return dtype === "i32" ? new Int32Array(buffer) : new Uint32Array(buffer);
}

/** What a device is, for logs, reports and caches. */
export interface DeviceInfo {
  readonly kind: "webgpu" | "cpu";
  /** Such as `llvmpipe (LLVM 15.0.6, 256 bits)` or `OpenBLAS, 2 threads`. */
  readonly description: string;
  /** True for a WebGPU adapter that is a CPU in disguise. */
  readonly isSoftware: boolean;
  /** Largest storage binding in bytes; infinite on the CPU device. */
  readonly maxBindingBytes: number;
  /** Storage buffers that one launch may bind: 8 at least, WebGPU's guarantee; infinite on the CPU device. */
  readonly maxBindings: number;
}

/** Bytes held by live slots, rounded up to the pool's buckets: now, and at most since {@link Device.resetPeak}. */
export interface MemoryUse {
  readonly liveBytes: number;
  readonly peakBytes: number;
  /** Bytes reserved from the system: of live slots, and of free ones kept for reuse. */
  readonly reservedBytes: number;
  readonly liveSlots: number;
}

/** Slots by the names of a kernel's signature. */
export type SlotsOf<S extends Signature> = { readonly [K in keyof S]: Slot };

/** The first `size` elements of a slot. */
export interface DownloadPart {
  readonly slot: Slot;
  readonly size: number;
  readonly dtype: DType;
}

/** A copy of contents on its way to the host. */
export interface Download<T> {
  /** Waits for it. @throws DeviceError on any GPU error until then */
  read(): Promise<T>;
}

/**
 * A device. No method but {@link finish} and {@link measurePending} waits for what it launches itself; handing work over
 * waits for earlier work that a {@link Download} is of.
 */
export interface Device {
  readonly info: DeviceInfo;
  /** Takes memory; its contents are arbitrary. @throws DeviceError where there is none left (CPU at once; WebGPU at the next {@link check}). */
  allocate(bytes: number): Slot;
  /** Gives memory back for reuse; work already launched still sees it. */
  release(slot: Slot): void;
  /** Copies host data to the start of a slot, in order with launches. */
  upload(slot: Slot, data: TypedArray): void;
  /** Launches a kernel on slots, in order. @throws DeviceError on any GPU error that has surfaced so far. */
  launch<S extends Signature, P>(kernel: Kernel<S, P>, slots: SlotsOf<S>, params: P): void;
  /**
   * Copies parts of slots as they are after everything launched so far, which is handed to the hardware. The host waits
   * for them, once for all parts, only when they are read, or when it has more work to hand over.
   */
  download(parts: readonly DownloadPart[]): Download<TypedArray[]>;
  /** Hands everything launched so far to the hardware, without waiting. */
  flush(): void;
  /** Throws the first GPU error that has surfaced so far, if any. */
  check(): void;
  /** Waits until everything launched is done. @throws DeviceError on any GPU error. */
  finish(): Promise<void>;
  /** Until {@link measurePending}, kernels that it will measure run as they compile quickest. */
  startQuickly(): void;
  /** Measures kernel variants met so far that have no measured choice yet, for at most `seconds`. */
  measurePending(seconds: number): Promise<void>;
  /** Times every launch from now on, or every submission where there are such; one profile at a time. */
  profile(unit?: ProfileUnit): DeviceProfile;
  memory(): MemoryUse;
  resetPeak(): void;
  /** Frees everything. The device is of no use afterwards. */
  close(): void;
}
