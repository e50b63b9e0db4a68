/**
 * Writes pickles as PyTorch does (protocol 2): what a file of tensors needs and no more.
 * @module
 */
import type { Shape } from "../../runtime/shape.ts";

/** A tensor of a pickle: its storage is a file's business and known by a key here. */
export interface PickledTensor {
  readonly shape: Shape;
  /** The key of its storage, float32, contiguous, of just this tensor. */
  readonly storage: string;
}

/** What can be pickled. An array of pairs is an `OrderedDict`, another array a list. */
export type Picklable =
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "integer"; readonly value: number }
  | { readonly kind: "true" }
  | { readonly kind: "list"; readonly items: readonly Picklable[] }
  | { readonly kind: "dict"; readonly entries: readonly Entry[] }
  | { readonly kind: "ordered"; readonly entries: readonly Entry[] }
  | { readonly kind: "tensor"; readonly tensor: PickledTensor };

/** A key and its value. */
export type Entry = readonly [string, Picklable];

/** How storages are referred to: the legacy form says of each that it is no view of another. */
export interface PickleOptions {
  readonly legacy: boolean;
}

const encoder = new TextEncoder();

/** A whole pickle of `value`. */
export function pickle(value: Picklable, options: PickleOptions): Uint8Array {
  const writer = new PickleWriter(options);
  writer.value(value);
  return writer.end();
}

/** A pickle of an unsigned integer of any size, as the legacy form's magic number. */
export function pickleLong(value: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0n; rest >>= 8n) bytes.push(Number(rest & 0xffn));
  // A highest bit that is set would be the sign.
  if ((bytes.at(-1) ?? 0) > 0x7f) bytes.push(0);
  return Uint8Array.from([0x80, 2, 0x8a, bytes.length, ...bytes, 0x2e]);
}

class PickleWriter {
  readonly #bytes: number[] = [0x80, 2];
  readonly #options: PickleOptions;

  constructor(options: PickleOptions) {
    this.#options = options;
  }

  end(): Uint8Array {
    this.#code(".");
    return Uint8Array.from(this.#bytes);
  }

  value(value: Picklable): void {
    switch (value.kind) {
      case "text":
        return this.#text(value.value);
      case "integer":
        return this.#integer(value.value);
      case "true":
        return this.#code("\x88");
      case "list":
        this.#code("](");
        for (const item of value.items) this.value(item);
        return this.#code("e");
      case "dict":
        this.#code("}");
        return this.#entries(value.entries);
      case "ordered":
        this.#emptyOrderedDict();
        return this.#entries(value.entries);
      case "tensor":
        return this.#tensor(value.tensor);
    }
  }

  #entries(entries: readonly Entry[]): void {
    this.#code("(");
    for (const [key, value] of entries) {
      this.#text(key);
      this.value(value);
    }
    this.#code("u");
  }

  /** `_rebuild_tensor_v2(storage, offset 0, size, stride, no gradient, no hooks)`. */
  #tensor({ shape, storage }: PickledTensor): void {
    const size = shape.reduce((product, n) => product * n, 1);
    this.#global("torch._utils", "_rebuild_tensor_v2");
    this.#code("(");
    this.#storage(storage, size);
    this.#integer(0);
    this.#tuple(shape);
    this.#tuple(strides(shape));
    this.#code("\x89");
    this.#emptyOrderedDict();
    this.#code("tR");
  }

  #storage(key: string, size: number): void {
    this.#code("(");
    this.#text("storage");
    this.#global("torch", "FloatStorage");
    this.#text(key);
    this.#text("cpu");
    this.#integer(size);
    if (this.#options.legacy) this.#code("N");
    this.#code("tQ");
  }

  #emptyOrderedDict(): void {
    this.#global("collections", "OrderedDict");
    this.#code(")R");
  }

  #global(module: string, name: string): void {
    this.#code(`c${module}\n${name}\n`);
  }

  #tuple(values: readonly number[]): void {
    this.#code("(");
    for (const value of values) this.#integer(value);
    this.#code("t");
  }

  /** @throws RangeError outside of 0 to 2³¹ − 1. */
  #integer(value: number): void {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** 31) {
      throw new RangeError(`Cannot pickle ${value} as it is no integer below 2^31`);
    }
    if (value < 256) this.#bytes.push(0x4b, value);
    else {this.#bytes.push(
        0x4a,
        value & 0xff,
        (value >> 8) & 0xff,
        (value >> 16) & 0xff,
        value >>> 24,
      );}
  }

  #text(value: string): void {
    const text = encoder.encode(value);
    const length = text.length;
    this.#bytes.push(
      0x58,
      length & 0xff,
      (length >> 8) & 0xff,
      (length >> 16) & 0xff,
      length >>> 24,
    );
    for (const byte of text) this.#bytes.push(byte);
  }

  /** Opcodes, and the names of globals: one byte a character. */
  #code(characters: string): void {
    for (let i = 0; i < characters.length; i++) this.#bytes.push(characters.charCodeAt(i));
  }
}

/** Of a contiguous tensor, in numbers. */
function strides(shape: Shape): number[] {
  const found: number[] = [];
  let stride = 1;
  for (const length of shape.toReversed()) {
    found.unshift(stride);
    stride *= Math.max(1, length);
  }
  return found;
}
