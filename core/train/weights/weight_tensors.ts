/** Descriptions of tensors made into numbers, checked against the bytes that are there. @module */
import type { HostTensor } from "../../nn/state.ts";
import { formatShape, type Shape, sizeOf } from "../../runtime/shape.ts";
import { type ByteSource, fault, printable } from "./byte_source.ts";
import { NumpyArray, type PyValue, type TorchStorage, type TorchTensor } from "./pickle/values.ts";
import { bytesOf, type ScalarType, toFloat32 } from "./scalar_types.ts";
import { extentOf, gather, stridesOf, type View } from "./strided_view.ts";

/** A file's pickle, and the storages that its tensors refer to. */
export interface Unpickled {
  readonly value: PyValue;
  /** All bytes of the storage that a part was described of. @throws DataError naming tensor `name`. */
  storage(part: TorchStorage, name: string): Uint8Array<ArrayBuffer>;
  /** Checks what was not read. @throws DataError */
  readonly verify?: () => void;
}

/** What a pickle describes a tensor's numbers by. */
export type Described = TorchTensor | NumpyArray;

/** Float32 bytes that any file may become, and how many times its own size besides. */
const EXPANDED_BYTES = 64 * 2 ** 20;
const EXPANDED_TIMES = 16;

/** numpy's codes of the formats that weights may have. */
const NUMPY_TYPES: ReadonlyMap<string, ScalarType> = new Map([
  ["f8", "f64"],
  ["f4", "f32"],
  ["f2", "f16"],
  ["i8", "i64"],
  ["u8", "u64"],
  ["i4", "i32"],
  ["u4", "u32"],
  ["i2", "i16"],
  ["u2", "u16"],
  ["i1", "i8"],
  ["u1", "u8"],
  ["b1", "bool"],
]);

/**
 * The numbers of a file's tensors as float32, in the order given. Tensors that are the same part of
 * the same storage share their memory, as they did where they were saved.
 * @throws DataError naming the tensor that reaches beyond its storage, is no real number, or would
 *   become far larger than the file.
 */
export function hostTensors(
  source: ByteSource,
  file: Unpickled,
  described: ReadonlyMap<string, Described>,
): Map<string, HostTensor> {
  const maker = new TensorMaker(source);
  const byStorage = Map.groupBy(
    described,
    ([, value]) => value instanceof NumpyArray ? undefined : value.storage.key,
  );
  const made = new Map<string, HostTensor>();
  // One storage at a time, so that only one that is converted is in memory beside its tensors.
  for (const group of byStorage.values()) {
    let bytes: Uint8Array<ArrayBuffer> | undefined;
    for (const [name, value] of group) {
      if (value instanceof NumpyArray) made.set(name, maker.fromNumpy(name, value));
      else {
        bytes ??= file.storage(value.storage, name);
        made.set(name, maker.fromTorch(name, value, bytes));
      }
    }
  }
  return new Map(Array.from(described.keys(), (name) => [name, madeOf(made, name)]));
}

function madeOf(made: ReadonlyMap<string, HostTensor>, name: string): HostTensor {
  const tensor = made.get(name);
  if (!tensor) throw new Error(`Cannot give the tensor ${name} as it was not made`);
  return tensor;
}

/** Makes one file's tensors within the file's bounds. */
class TensorMaker {
  readonly #source: ByteSource;
  readonly #parts = new Map<string, HostTensor>();
  readonly #arrays = new Map<NumpyArray, HostTensor>();
  #bytes = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  fromTorch(name: string, tensor: TorchTensor, bytes: Uint8Array<ArrayBuffer>): HostTensor {
    const { storage, type, view } = tensor;
    const { key, start, length } = storage;
    const size = bytesOf(storage.type);
    const isWhole = start === 0 && length * size === bytes.length;
    if (!isWhole && (start === 0 || (start + length) * size > bytes.length)) {
      throw this.#fault(
        name,
        `claims ${length * size} bytes where its storage has ${bytes.length}`,
      );
    }
    const id = JSON.stringify([key, start, type, view.offset, view.shape, view.strides]);
    const shared = this.#parts.get(id);
    if (shared) return shared;
    if (extentOf(view) * bytesOf(type) > length * size) {
      throw this.#fault(name, "reaches beyond its storage");
    }
    const part = bytes.subarray(start * size, (start + length) * size);
    const made = this.#make(name, part, { type, view });
    this.#parts.set(id, made);
    return made;
  }

  fromNumpy(name: string, array: NumpyArray): HostTensor {
    const shared = this.#arrays.get(array);
    if (shared) return shared;
    if (!array.state) throw this.#fault(name, "was left without numbers");
    const { shape, type: { code, bigEndian }, columnMajor, bytes } = array.state;
    const type = NUMPY_TYPES.get(code);
    if (type === undefined || bytes === undefined || bigEndian) {
      const shown = `${bigEndian ? ">" : ""}${printable(code)}`;
      throw this.#fault(name, `is of numpy's type ${shown}, which is none of weights`);
    }
    if (sizeOf(shape) * bytesOf(type) !== bytes.length) {
      throw this.#fault(name, `has ${bytes.length} bytes where its shape is ${formatShape(shape)}`);
    }
    const view = { offset: 0, shape, strides: stridesOf(shape, columnMajor) };
    const made = this.#make(name, bytes, { type, view });
    this.#arrays.set(array, made);
    return made;
  }

  #make(
    name: string,
    bytes: Uint8Array<ArrayBuffer>,
    { type, view }: { type: ScalarType; view: View },
  ): HostTensor {
    this.#spend(name, view.shape);
    const data = toFloat32(gather(bytes, view, { size: bytesOf(type) }), type);
    if (!data) throw this.#fault(name, "is of complex numbers, which are no weights");
    return { shape: view.shape, data };
  }

  /** Views of few bytes can claim any size (strides of 0): counts before memory is taken. */
  #spend(name: string, shape: Shape): void {
    this.#bytes += 4 * sizeOf(shape);
    if (this.#bytes > EXPANDED_BYTES + EXPANDED_TIMES * this.#source.size) {
      throw this.#fault(name, `has the shape ${formatShape(shape)}, too large for this file`);
    }
  }

  #fault(name: string, why: string): Error {
    return fault(this.#source, `holds the tensor ${printable(name)}, which ${why}`);
  }
}
