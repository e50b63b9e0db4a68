/** What a pickle can hold for us: plain values, and descriptions of tensors; no object of a class. @module */
import type { Shape } from "../../../runtime/shape.ts";
import type { ScalarType } from "../scalar_types.ts";
import type { View } from "../strided_view.ts";

/** A value of a pickle. Sets are lists here; `bytes` and `bytearray` are typed arrays. */
export type PyValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array<ArrayBuffer>
  | LongText
  | PyList
  | PyTuple
  | PyDict
  | PyGlobal
  | Opaque
  | TorchStorage
  | TorchTensor
  | NumpyType
  | NumpyArray;

/** Values that hold others. */
export type PyContainer = PyList | PyTuple | PyDict;

/** A long Python 2 `str`, left as bytes: numpy keeps an array's numbers in one. */
export class LongText {
  #text: string | undefined;

  constructor(readonly bytes: Uint8Array<ArrayBuffer>) {}

  /** Read as Latin-1, once. */
  get text(): string {
    return this.#text ??= latin1Text(this.bytes);
  }
}

export class PyList {
  constructor(readonly items: PyValue[] = []) {}
}

export class PyTuple {
  constructor(readonly items: readonly PyValue[]) {}
}

export class PyDict {
  constructor(readonly entries: Map<PyValue, PyValue> = new Map()) {}
}

/** A global that the pickle may name (globals.ts). */
export class PyGlobal {
  constructor(readonly name: string) {}
}

/** Something harmless that holds no weights: a device, a scalar of numpy. */
export class Opaque {
  constructor(readonly what: string) {}
}

/** A storage that lies outside of the pickle. */
export class TorchStorage {
  constructor(
    readonly key: string,
    readonly type: ScalarType,
    /** Elements of `type`. */
    readonly length: number,
    /** Elements before it in the storage that lies in the file: old PyTorch shared storages so. */
    readonly start: number = 0,
  ) {}
}

/** A tensor of PyTorch: elements of `type` in a storage. */
export class TorchTensor {
  constructor(
    readonly storage: TorchStorage,
    readonly type: ScalarType,
    /** Not yet checked against the storage. */
    readonly view: View,
  ) {}
}

/** numpy's dtype; its byte order is set after its making. */
export class NumpyType {
  bigEndian = false;
  constructor(/** As numpy writes it: `f4`. */ readonly code: string) {}
}

/** numpy's array; set after its making. */
export class NumpyArray {
  state: NumpyState | undefined;
}

/** An array's parts, as yet unchecked against each other. */
export interface NumpyState {
  readonly shape: Shape;
  readonly type: NumpyType;
  readonly columnMajor: boolean;
  /** The numbers; none for arrays of objects. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
}

/** Text of a value that is a string; undefined for others. Python 2 text is read as Latin-1. */
export function textOf(value: PyValue | undefined): string | undefined {
  if (typeof value === "string") return value;
  return value instanceof LongText ? value.text : undefined;
}

/** Bytes of a value that is `bytes`, `bytearray` or Latin-1 text; undefined for others. */
export function bytesOfValue(value: PyValue | undefined): Uint8Array<ArrayBuffer> | undefined {
  if (value instanceof Uint8Array) return value;
  if (value instanceof LongText) return value.bytes;
  return typeof value === "string" ? latin1Bytes(value) : undefined;
}

/** Each byte as the character of that code. */
export function latin1Text(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; i += 4096) {
    parts.push(String.fromCharCode(...bytes.subarray(i, i + 4096)));
  }
  return parts.join("");
}

/** The inverse of {@link latin1Text}; undefined for text with other characters. */
export function latin1Bytes(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) return undefined;
    bytes[i] = code;
  }
  return bytes;
}

/** Weights have five axes at most. */
const MAX_AXES = 16;

/** Non-negative exact integers from a tuple or list of them, as shapes and strides are; else undefined. */
export function countsOf(value: PyValue | undefined): number[] | undefined {
  if (!(value instanceof PyTuple || value instanceof PyList)) return undefined;
  if (value.items.length > MAX_AXES) return undefined;
  const counts = value.items.map(countOf);
  return counts.every((count) => count !== undefined) ? counts : undefined;
}

/** A non-negative exact integer; else undefined. */
export function countOf(value: PyValue | undefined): number | undefined {
  const number = typeof value === "bigint" ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) && number >= 0
    ? number
    : undefined;
}
