/** The central directory of a zip archive, zip64 included (PKWARE APPNOTE 4.3.12 to 4.3.16, 4.5.3). @module */
import { type ByteSource, fault, printable } from "./byte_source.ts";

/** An entry, as the directory has it; within the file and apart from all others. */
export interface ZipEntry {
  readonly name: string;
  readonly isDeflated: boolean;
  readonly crc: number;
  /** Bytes in the archive. */
  readonly packedSize: number;
  /** Bytes unpacked. */
  readonly size: number;
  /** Of its local header. */
  readonly offset: number;
  /** Where the next entry or the directory begins. */
  readonly limit: number;
}

const END = 0x06054b50;
const END_BYTES = 22;
const END64_LOCATOR = 0x07064b50;
const END64_LOCATOR_BYTES = 20;
const END64 = 0x06064b50;
const END64_BYTES = 56;
const CENTRAL = 0x02014b50;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;

/** In 32-bit (16-bit) fields: the value is in a zip64 record. */
const SEE_64 = 0xffffffff;
const SEE_64_SHORT = 0xffff;

/** Weights are some hundreds of entries. */
const MAX_ENTRIES = 2 ** 14;
const MAX_DIRECTORY_BYTES = 2 ** 24;

/** Where the directory is. */
interface Extent {
  readonly count: number;
  readonly size: number;
  readonly offset: number;
}

/** Entries by name, in the directory's order. @throws DataError for what no honest archive has. */
export function readDirectory(source: ByteSource): ReadonlyMap<string, ZipEntry> {
  const { count, size, offset } = extentOf(source);
  if (count * CENTRAL_BYTES > size || size > source.size) throw broken(source);
  if (count > MAX_ENTRIES || size > MAX_DIRECTORY_BYTES) {
    throw fault(source, `holds ${count} zip entries, more than any weights do`);
  }
  const directory = new DataView(source.read(offset, size).buffer);
  const entries: ZipEntry[] = [];
  for (let i = 0, at = 0; i < count; i++) {
    const [entry, next] = entryAt(source, directory, at);
    entries.push(entry);
    at = next;
  }
  return apart(source, entries, offset);
}

function broken(source: ByteSource): Error {
  return fault(source, "is truncated, or its zip directory is broken");
}

function extentOf(source: ByteSource): Extent {
  const length = Math.min(source.size, END_BYTES + 0xffff);
  const start = source.size - length;
  const tail = new DataView(source.read(start, length).buffer);
  for (let at = length - END_BYTES; at >= 0; at--) {
    if (tail.getUint32(at, true) !== END) continue;
    if (at + END_BYTES + tail.getUint16(at + 20, true) !== length) continue;
    const end: Extent = {
      count: tail.getUint16(at + 10, true),
      size: tail.getUint32(at + 12, true),
      offset: tail.getUint32(at + 16, true),
    };
    return extent64(source, start + at, end) ?? end;
  }
  throw broken(source);
}

/** The extent of a zip64 directory, where the archive has one. */
function extent64(source: ByteSource, end: number, short: Extent): Extent | undefined {
  const needed = short.count === SEE_64_SHORT || short.size === SEE_64 || short.offset === SEE_64;
  const at = end - END64_LOCATOR_BYTES;
  const locator = at < 0 ? undefined : new DataView(source.read(at, END64_LOCATOR_BYTES).buffer);
  if (locator?.getUint32(0, true) !== END64_LOCATOR) {
    if (needed) throw broken(source);
    return undefined;
  }
  const record = new DataView(source.read(u64(source, locator, 8), END64_BYTES).buffer);
  if (record.getUint32(0, true) !== END64) throw broken(source);
  const long: Extent = {
    count: u64(source, record, 32),
    size: u64(source, record, 40),
    offset: u64(source, record, 48),
  };
  const agree = (short.count === SEE_64_SHORT || short.count === long.count) &&
    (short.size === SEE_64 || short.size === long.size) &&
    (short.offset === SEE_64 || short.offset === long.offset);
  if (!agree) throw broken(source);
  return long;
}

function u64(source: ByteSource, view: DataView, at: number): number {
  const value = at + 8 <= view.byteLength ? view.getBigUint64(at, true) : undefined;
  if (value === undefined || value > Number.MAX_SAFE_INTEGER) throw broken(source);
  return Number(value);
}

/** The entry at `at` in the directory (its `limit` yet unknown), and where the next begins. */
function entryAt(source: ByteSource, directory: DataView, at: number): [ZipEntry, number] {
  if (at + CENTRAL_BYTES > directory.byteLength || directory.getUint32(at, true) !== CENTRAL) {
    throw broken(source);
  }
  const nameLength = directory.getUint16(at + 28, true);
  const extraLength = directory.getUint16(at + 30, true);
  const commentLength = directory.getUint16(at + 32, true);
  const nameAt = at + CENTRAL_BYTES;
  const extraAt = nameAt + nameLength;
  const next = extraAt + extraLength + commentLength;
  if (next > directory.byteLength) throw broken(source);
  const name = nameOf(source, new Uint8Array(directory.buffer, nameAt, nameLength));
  const [flags, method] = [directory.getUint16(at + 8, true), directory.getUint16(at + 10, true)];
  if ((flags & 1) !== 0 || (method !== 0 && method !== 8)) {
    throw fault(
      source,
      `holds the entry ${printable(name)}, which is encrypted or packed in an unknown way`,
    );
  }
  const extra = new DataView(directory.buffer, extraAt, extraLength);
  const [size, packedSize, offset] = sizesOf(source, directory, at, extra);
  if (method === 0 && size !== packedSize) {
    throw fault(source, `holds the entry ${printable(name)}, which has two sizes`);
  }
  const crc = directory.getUint32(at + 16, true);
  return [{ name, isDeflated: method === 8, crc, packedSize, size, offset, limit: 0 }, next];
}

/** @throws DataError for names that would lead out of a folder, were they unpacked. */
function nameOf(source: ByteSource, bytes: Uint8Array): string {
  const name = new TextDecoder().decode(bytes);
  const leads = name === "" || /^[\\/]|^[A-Za-z]:|\\|\0/.test(name) ||
    name.split("/").includes("..");
  if (leads) {
    throw fault(source, `holds an entry named ${printable(name)}, which no checkpoint has`);
  }
  return name;
}

/** Unpacked size, packed size and offset; what does not fit 32 bits is in the extra field 1, in order. */
function sizesOf(
  source: ByteSource,
  directory: DataView,
  at: number,
  extra: DataView,
): [number, number, number] {
  const short = [24, 20, 42].map((field) => directory.getUint32(at + field, true));
  const field = short.includes(SEE_64) ? extraField(source, extra) : undefined;
  let used = 0;
  const [size = 0, packedSize = 0, offset = 0] = short.map((value) => {
    if (value !== SEE_64 || field === undefined) return value;
    used += 8;
    return u64(source, field, used - 8);
  });
  if (packedSize > source.size || offset > source.size) throw broken(source);
  return [size, packedSize, offset];
}

/** The data of the zip64 field among an entry's extra fields. */
function extraField(source: ByteSource, extra: DataView): DataView {
  for (let at = 0; at + 4 <= extra.byteLength;) {
    const length = extra.getUint16(at + 2, true);
    if (at + 4 + length > extra.byteLength) break;
    if (extra.getUint16(at, true) === 1) {
      return new DataView(extra.buffer, extra.byteOffset + at + 4, length);
    }
    at += 4 + length;
  }
  throw broken(source);
}

/** Entries by name, each with its limit. @throws DataError for overlaps and names used twice. */
function apart(
  source: ByteSource,
  entries: readonly ZipEntry[],
  end: number,
): ReadonlyMap<string, ZipEntry> {
  const limits = new Map<ZipEntry, number>();
  let limit = end;
  for (const entry of entries.toSorted((a, b) => b.offset - a.offset)) {
    if (entry.offset + LOCAL_BYTES + entry.packedSize > limit) {
      throw fault(source, `holds the entry ${printable(entry.name)}, which overlaps another`);
    }
    limits.set(entry, limit);
    limit = entry.offset;
  }
  const named = new Map<string, ZipEntry>();
  for (const entry of entries) {
    if (named.has(entry.name)) {
      throw fault(source, `holds two entries named ${printable(entry.name)}`);
    }
    named.set(entry.name, { ...entry, limit: limits.get(entry) ?? end });
  }
  return named;
}
