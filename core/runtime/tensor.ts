/** Tensors: a shape, a dtype and a reference to device memory. */
import type { Device, Download, Slot, TypedArray } from "./device.ts";
import type { DType, Kernel, Signature } from "./kernel.ts";
import { adopt, type Held } from "./scope.ts";
import { formatShape, type Shape, sizeOf } from "./shape.ts";

let lastId = 0;

/** Memory shared by a tensor and its reshaped siblings, freed with the last reference. */
class Storage {
  references = 1;
  constructor(readonly device: Device, readonly slot: Slot) {}
}

/**
 * A dense row-major array on a device. Made by {@link empty}, {@link fromArray} and operators; it belongs
 * to the innermost open {@link scope} and is freed when that closes, unless kept or returned from it.
 */
export class Tensor {
  /** Distinguishes tensors in the gradient tape; never reused. */
  readonly id = ++lastId;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly size: number;
  /** True for parameters in training and for what recorded operators made of them. */
  requiresGrad = false;
  /** Not for users: see {@link scope}. */
  holder: Held | undefined;
  #storage: Storage;
  #references = 1;

  /** Not for users: see {@link empty}. */
  constructor(storage: Storage, shape: Shape, dtype: DType) {
    this.#storage = storage;
    this.shape = shape;
    this.dtype = dtype;
    this.size = sizeOf(shape);
    adopt(this);
  }

  get device(): Device {
    return this.#storage.device;
  }

  /** The device memory. @throws Error where the tensor was freed. */
  get slot(): Slot {
    if (this.#references <= 0) {
      throw new Error(
        `Cannot use a tensor of shape ${formatShape(this.shape)} as its memory was freed`,
      );
    }
    return this.#storage.slot;
  }

  get isFreed(): boolean {
    return this.#references <= 0;
  }

  /** True where this is the only reference to the memory, so that writing to it surprises nobody. */
  get isExclusive(): boolean {
    return this.#references === 1 && this.#storage.references === 1;
  }

  /** Adds a reference; pair it with {@link release}. */
  retain(): this {
    void this.slot;
    this.#references += 1;
    return this;
  }

  /** Drops a reference; the last one frees the memory for reuse. */
  release(): void {
    if (this.#references <= 0) return;
    this.#references -= 1;
    if (this.#references > 0) return;
    this.#storage.references -= 1;
    if (this.#storage.references === 0) this.#storage.device.release(this.#storage.slot);
  }

  /**
   * The same memory under another shape of the same size and, where given, another dtype.
   * Not differentiable: see `kernels/reshape`.
   */
  view(shape: Shape, dtype: DType = this.dtype): Tensor {
    if (sizeOf(shape) !== this.size) {
      throw new RangeError(
        `Cannot view ${formatShape(this.shape)} as ${
          formatShape(shape)
        } as their sizes must be equal`,
      );
    }
    void this.slot;
    this.#storage.references += 1;
    return new Tensor(this.#storage, shape, dtype);
  }

  /**
   * Overwrites the contents.
   * @throws RangeError where `data` has not the tensor's size; TypeError where it has not its dtype
   */
  write(data: TypedArray): void {
    if (data.length !== this.size) {
      throw new RangeError(`Cannot write ${data.length} numbers to a tensor of ${this.size}`);
    }
    if (dtypeOf(data) !== this.dtype) {
      throw new TypeError(`Cannot write ${dtypeOf(data)} numbers to a tensor of ${this.dtype}`);
    }
    this.device.upload(this.slot, data);
  }

  /** The contents, after all that was launched before. Waits for the device: not for use within a step. */
  read(): Promise<TypedArray> {
    return downloadAll([this]).read().then(([data]) => data!);
  }

  /** {@link read} of an f32 tensor. @throws TypeError for other dtypes. */
  readFloats(): Promise<Float32Array<ArrayBuffer>> {
    return this.downloadFloats().read();
  }

  /**
   * The contents of an f32 tensor, after all that was launched before, to be read later: for use within a step. The
   * tensor may be released meanwhile. Reading throws a TypeError for other dtypes.
   */
  downloadFloats(): Download<Float32Array<ArrayBuffer>> {
    const download = downloadAll([this]);
    return {
      read: async () => {
        const [data] = await download.read();
        if (data instanceof Float32Array) return data;
        throw new TypeError(`Cannot read ${this.dtype} as floats`);
      },
    };
  }

  /** {@link read} of an i32 tensor. @throws TypeError for other dtypes. */
  async readInts(): Promise<Int32Array<ArrayBuffer>> {
    const data = await this.read();
    if (!(data instanceof Int32Array)) throw new TypeError(`Cannot read ${this.dtype} as integers`);
    return data;
  }
}

/**
 * The contents of tensors of one device, after all that was launched before, to be read later and waited for once. The
 * tensors may be released meanwhile.
 */
export function downloadAll(tensors: readonly Tensor[]): Download<TypedArray[]> {
  const parts = tensors.map(({ slot, size, dtype }) => ({ slot, size, dtype }));
  return tensors[0]?.device.download(parts) ?? { read: () => Promise.resolve([]) };
}

/** A tensor with arbitrary contents. @throws RangeError where an extent is not a non-negative integer. */
export function empty(device: Device, shape: Shape, dtype: DType = "f32"): Tensor {
  for (let i = 0; i < shape.length; i++) {
    if (!Number.isSafeInteger(shape[i]) || shape[i]! < 0) {
      throw new RangeError(
        `Cannot make a tensor of shape [${shape}] as its extents must be non-negative integers`,
      );
    }
  }
  const slot = device.allocate(sizeOf(shape) * 4);
  return new Tensor(new Storage(device, slot), shape, dtype);
}

/** A tensor with the contents of `data`; its dtype is the array's. */
export function fromArray(device: Device, shape: Shape, data: TypedArray): Tensor {
  const tensor = empty(device, shape, dtypeOf(data));
  tensor.write(data);
  return tensor;
}

function dtypeOf(data: TypedArray): DType {
  if (data instanceof Float32Array) return "f32";
  return data instanceof Int32Array ? "i32" : "u32";
}

/** Tensors by the names of a kernel's signature. */
export type TensorsOf<S extends Signature> = { readonly [K in keyof S]: Tensor };

/**
 * Launches `kernel` on tensors of one device.
 * @throws TypeError where a tensor of the signature is missing, has another dtype or is on another device
 */
export function launch<S extends Signature, P>(
  kernel: Kernel<S, P>,
  tensors: TensorsOf<S>,
  params: P,
): void {
  const slots: Record<string, Slot> = {};
  let device: Device | undefined;
  for (const name in kernel.signature) {
    const tensor: Tensor | undefined = tensors[name];
    if (!tensor) {
      throw new TypeError(`Cannot launch ${kernel.name} as its tensor ${name} is missing`);
    }
    if (tensor.dtype !== kernel.signature[name]) {
      throw new TypeError(
        `Cannot launch ${kernel.name} as ${name} must be ${
          kernel.signature[name]
        }: it is ${tensor.dtype}`,
      );
    }
    device ??= tensor.device;
    if (tensor.device !== device) {
      throw new TypeError(`Cannot launch ${kernel.name} as ${name} is on another device`);
    }
    slots[name] = tensor.slot;
  }
  device?.launch(kernel, slots as { readonly [K in keyof S]: Slot }, params);
}
