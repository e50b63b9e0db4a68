/**
 * Zip archives by their central directory: entries are sought and read alone, each against its
 * CRC-32. Sizes are checked against the file before memory is taken for them.
 * @module
 */
import { crc32, inflateRawSync } from "node:zlib";
import { type ByteSource, fault, printable } from "./byte_source.ts";
import { readDirectory, type ZipEntry } from "./zip_directory.ts";

const LOCAL_HEADER = 0x04034b50;
const LOCAL_BYTES = 30;

/** Unpacked bytes that any archive may have, and how many times its own size besides. */
const INFLATED_BYTES = 64 * 2 ** 20;
const INFLATED_TIMES = 16;

/** Bytes looked at together when only their checksum is wanted. */
const CHUNK = 2 ** 22;

/** An archive whose directory was read. */
export class ZipArchive {
  readonly entries: ReadonlyMap<string, ZipEntry>;
  readonly #source: ByteSource;
  readonly #read = new Set<ZipEntry>();
  #inflated = 0;

  /** @throws DataError for a directory that is broken, or that no honest archive has. */
  constructor(source: ByteSource) {
    this.#source = source;
    this.entries = readDirectory(source);
  }

  /**
   * An entry's bytes.
   * @param what is in it, for messages
   * @throws DataError naming the entry where they are not what was written
   */
  read(entry: ZipEntry, what?: string): Uint8Array<ArrayBuffer> {
    const packed = this.#source.read(this.#startOf(entry), entry.packedSize);
    const bytes = entry.isDeflated ? this.#inflate(entry, packed) : packed;
    if (bytes.length !== entry.size) throw this.#fault(entry, "does not have its size");
    if (crc32(bytes) !== entry.crc) throw this.#damaged(entry, what);
    this.#read.add(entry);
    return bytes;
  }

  /** Checks entries that were not read, as far as that takes no unpacking; keeps none of them. */
  verifyOthers(): void {
    for (const entry of this.entries.values()) {
      if (entry.isDeflated || this.#read.has(entry)) continue;
      const start = this.#startOf(entry);
      let sum = 0;
      for (let at = 0; at < entry.size; at += CHUNK) {
        sum = crc32(this.#source.read(start + at, Math.min(CHUNK, entry.size - at)), sum);
      }
      if (sum !== entry.crc) throw this.#damaged(entry);
    }
  }

  #damaged(entry: ZipEntry, what?: string): Error {
    const content = what === undefined ? "" : `holds ${what} and `;
    return this.#fault(entry, `${content}is damaged: its checksum is wrong`);
  }

  #fault({ name }: ZipEntry, why: string): Error {
    return fault(this.#source, `holds the entry ${printable(name)}, which ${why}`);
  }

  /** Where an entry's data begins: only its local header says how long that header is. */
  #startOf(entry: ZipEntry): number {
    const header = new DataView(this.#source.read(entry.offset, LOCAL_BYTES).buffer);
    if (header.getUint32(0, true) !== LOCAL_HEADER) {
      throw this.#fault(entry, "is not where the directory says");
    }
    const nameLength = header.getUint16(26, true);
    const name = this.#source.read(entry.offset + LOCAL_BYTES, nameLength);
    if (new TextDecoder().decode(name) !== entry.name) {
      throw this.#fault(entry, "has another name where its data are");
    }
    const start = entry.offset + LOCAL_BYTES + nameLength + header.getUint16(28, true);
    if (start + entry.packedSize > entry.limit) throw this.#fault(entry, "overlaps the next one");
    return start;
  }

  #inflate(entry: ZipEntry, packed: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    this.#inflated += entry.size;
    if (this.#inflated > INFLATED_BYTES + INFLATED_TIMES * this.#source.size) {
      throw this.#fault(entry, `claims to unpack to ${entry.size} bytes, too many for this file`);
    }
    try {
      const bytes = inflateRawSync(packed, { maxOutputLength: Math.max(1, entry.size) });
      return new Uint8Array(bytes);
    } catch {
      throw this.#fault(entry, "cannot be unpacked");
    }
  }
}
