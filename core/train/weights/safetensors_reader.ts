/**
 * Reads safetensors: an 8-byte little-endian header length, a JSON header
 * `{name: {dtype, shape, data_offsets}, __metadata__: {string: string}}`, then the tensors' bytes,
 * which fill the rest of the file without gaps.
 * @module
 */
import type { HostTensor } from "../../nn/state.ts";
import { type Shape, sizeOf } from "../../runtime/shape.ts";
import { type ByteSource, fault, printable } from "./byte_source.ts";
import { bytesOf, type ScalarType, toFloat32 } from "./scalar_types.ts";
import type { WeightFile } from "./weight_file.ts";

/** Some 100 bytes a tensor: no header of weights is longer. */
const MAX_HEADER_BYTES = 16 * 2 ** 20;

/** Of objects and lists in a header. */
const MAX_NESTING = 3;

const DTYPES: ReadonlyMap<string, ScalarType> = new Map([
  ["F64", "f64"],
  ["F32", "f32"],
  ["F16", "f16"],
  ["BF16", "bf16"],
  ["I64", "i64"],
  ["U64", "u64"],
  ["I32", "i32"],
  ["U32", "u32"],
  ["I16", "i16"],
  ["U16", "u16"],
  ["I8", "i8"],
  ["U8", "u8"],
  ["BOOL", "bool"],
]);

/** A tensor as the header describes it. */
interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: Shape;
  readonly start: number;
  readonly end: number;
}

/** True for a file that begins like this format. */
export function isSafetensors(source: ByteSource): boolean {
  if (source.size < 9) return false;
  const start = new DataView(source.read(0, 9).buffer);
  return start.getBigUint64(0, true) <= source.size - 8 && start.getUint8(8) === 0x7b;
}

/**
 * Reads a file that {@link isSafetensors}.
 * @throws DataError naming the file (and the tensor) where it is truncated or its header lies, or
 *   where a tensor is of a format that is none of weights.
 */
export function parseSafetensors(source: ByteSource): WeightFile {
  const length = new DataView(source.read(0, 8).buffer).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) throw fault(source, `claims a header of ${length} bytes`);
  const dataStart = 8 + Number(length);
  const header = parseHeader(source.read(8, Number(length)));
  if (!header) throw fault(source, "has a broken safetensors header");
  const entries = entriesOf(source, header);
  requireTiling(source, entries, source.size - dataStart);
  const tensors = new Map<string, HostTensor>();
  for (const entry of entries) tensors.set(entry.name, tensorOf(source, entry, dataStart));
  const metadata = metadataOf(header.get("__metadata__"));
  return { path: source.path, format: "safetensors", metadata, tensors, ignored: [] };
}

function parseHeader(bytes: Uint8Array): Map<string, unknown> | undefined {
  if (nestingOf(bytes) > MAX_NESTING) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return new Map(Object.entries(value));
  } catch {
    return undefined;
  }
}

/** How deep JSON is nested; strings are passed over. A parser takes memory for every level. */
function nestingOf(json: Uint8Array): number {
  let [depth, deepest, inString] = [0, 0, false];
  for (let i = 0; i < json.length; i++) {
    const byte = json[i];
    if (inString) {
      if (byte === 0x5c) i++;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x7b || byte === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (byte === 0x7d || byte === 0x5d) depth--;
  }
  return deepest;
}

function metadataOf(value: unknown): Record<string, string> {
  const isObject = typeof value === "object" && value !== null;
  return Object.fromEntries(
    Object.entries(isObject ? value : {}).map(([key, text]) => [key, String(text)]),
  );
}

function entriesOf(source: ByteSource, header: ReadonlyMap<string, unknown>): Entry[] {
  const entries: Entry[] = [];
  for (const [name, value] of header) {
    if (name === "__metadata__") continue;
    const entry = entryOf(name, value);
    if (!entry) throw fault(source, `describes the tensor ${printable(name)} wrongly`);
    entries.push(entry);
  }
  return entries;
}

function entryOf(name: string, value: unknown): Entry | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (!("dtype" in value && "shape" in value && "data_offsets" in value)) return undefined;
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !isCounts(shape) || !isCounts(offsets)) return undefined;
  const [start, end] = offsets;
  if (start === undefined || end === undefined || end < start) return undefined;
  return { name, dtype, shape, start, end };
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

/** @throws DataError where tensors overlap, leave gaps, or do not end with the file. */
function requireTiling(source: ByteSource, entries: readonly Entry[], size: number): void {
  let at = 0;
  for (
    const { name, start, end } of entries.toSorted((a, b) => a.start - b.start || a.end - b.end)
  ) {
    if (end > size) throw fault(source, `is truncated within ${printable(name)}`);
    if (start !== at) {
      throw fault(
        source,
        `has the tensor ${printable(name)} where it does not follow the one before`,
      );
    }
    at = end;
  }
  if (at !== size) throw fault(source, "has bytes that belong to no tensor");
}

function tensorOf(source: ByteSource, entry: Entry, dataStart: number): HostTensor {
  const { name, dtype, shape, start, end } = entry;
  const type = DTYPES.get(dtype);
  if (type === undefined) {
    throw fault(
      source,
      `holds ${printable(name)} as ${printable(dtype)}, which cannot be read`,
      "save it as float32",
    );
  }
  if (end - start !== sizeOf(shape) * bytesOf(type)) {
    throw fault(source, `gives ${printable(name)} a size that is not its shape's`);
  }
  const data = toFloat32(source.read(dataStart + start, end - start), type);
  if (!data) throw fault(source, `holds ${printable(name)} as complex numbers`);
  return { shape, data };
}
