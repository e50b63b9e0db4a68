/**
 * The safetensors file format: an 8-byte little-endian header length, a JSON header
 * `{name: {dtype, shape, data_offsets}, __metadata__: {string: string}}`, then the tensors' bytes.
 * @module
 */
import { DataError } from "../runtime/errors.ts";
import { type Shape, sizeOf } from "../runtime/shape.ts";

/** A tensor to write; its numbers are asked for only when their turn comes. */
export interface TensorSource {
  readonly name: string;
  readonly shape: Shape;
  read(): Promise<Float32Array<ArrayBuffer>>;
}

/** A file's tensors and metadata. */
export interface TensorFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, { shape: Shape; data: Float32Array<ArrayBuffer> }>;
}

/** No header that we or others write is longer; a file that claims so is broken. */
const MAX_HEADER_BYTES = 64 * 2 ** 20;

/**
 * Writes a file so that at every moment `path` is either the old file or the whole new one: to a
 * temporary file beside it, flushed to the disk, then renamed.
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly TensorSource[],
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const temporary = `${path}.tmp-${Deno.pid}`;
  try {
    using file = await Deno.open(temporary, { write: true, create: true, truncate: true });
    await writeAll(file, header(tensors, metadata));
    for (const { name, shape, read } of tensors) {
      const data = await read();
      if (data.length !== sizeOf(shape)) throw new Error(`Cannot write ${name}: its size is wrong`);
      await writeAll(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
    await file.syncData();
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

function header(
  tensors: readonly TensorSource[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const entries: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const { name, shape } of tensors) {
    const end = offset + sizeOf(shape) * 4;
    entries[name] = { dtype: "F32", shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(entries));
  const padded = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + padded).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(json, 8);
  return bytes;
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await file.write(bytes.subarray(written));
  }
}

/**
 * Reads a file.
 * @throws DataError naming the file (and the tensor) where it is missing, truncated, not of this
 * format, or holds other than float32 numbers.
 */
export async function readSafetensors(path: string): Promise<TensorFile> {
  const bytes = await readBytes(path);
  const fail = (why: string): never => {
    throw new DataError(`${path} ${why}; use another checkpoint.`);
  };
  if (bytes.length < 8) fail("is too short for a safetensors file");
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES || 8 + length > bytes.length) {
    fail("is no safetensors file or is truncated");
  }
  const entries = parseHeader(bytes.subarray(8, 8 + length)) ??
    fail("has a broken safetensors header");
  const metadata: Record<string, string> = {};
  const tensors = new Map<string, { shape: Shape; data: Float32Array<ArrayBuffer> }>();
  for (const [name, entry] of Object.entries(entries)) {
    if (name === "__metadata__") {
      for (const [key, value] of Object.entries(entry ?? {})) metadata[key] = String(value);
      continue;
    }
    const view = tensorEntry(entry) ?? fail(`describes the tensor ${name} wrongly`);
    if (view.dtype !== "F32") fail(`holds ${name} as ${view.dtype}, and only F32 can be read`);
    const [start, end] = view.offsets;
    if (end - start !== sizeOf(view.shape) * 4) {
      fail(`gives ${name} a size that is not its shape's`);
    }
    if (8 + length + end > bytes.length) fail(`is truncated within ${name}`);
    const data = new Float32Array(bytes.slice(8 + length + start, 8 + length + end).buffer);
    tensors.set(name, { shape: view.shape, data });
  }
  return { metadata, tensors };
}

async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new DataError(`There is no file ${path}.`);
    throw error;
  }
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function tensorEntry(
  entry: unknown,
): { dtype: string; shape: Shape; offsets: [number, number] } | undefined {
  if (typeof entry !== "object" || entry === null) return undefined;
  if (!("dtype" in entry && "shape" in entry && "data_offsets" in entry)) return undefined;
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string" || !isCounts(shape) || !isCounts(offsets)) return undefined;
  const [start, end] = offsets;
  return start !== undefined && end !== undefined && end >= start
    ? { dtype, shape, offsets: [start, end] }
    : undefined;
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}
