/** Writes zip archives as PyTorch's: nothing compressed, every entry's bytes at a multiple of 64. @module */
import { crc32 } from "node:zlib";
import { writeAll } from "../write_file.ts";

/** An entry that is written. */
interface Written {
  readonly name: Uint8Array;
  readonly crc: number;
  readonly size: number;
  readonly offset: number;
}

const ALIGNMENT = 64;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;

/** The id that PyTorch gives the extra field that pads an entry. */
const PADDING_ID = 0x4246;

/** 1980-01-01, the earliest that the format knows: the same content gives the same bytes. */
const DATE = 0x21;

/** An archive being written to an open, empty file. */
export class ZipWriter {
  readonly #file: Deno.FsFile;
  readonly #entries: Written[] = [];
  #position = 0;

  constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** @throws RangeError where the archive would pass 4 GiB, which zip without its extension cannot. */
  async add(path: string, bytes: Uint8Array): Promise<void> {
    const name = new TextEncoder().encode(path);
    const start = this.#position + LOCAL_BYTES + name.length + 4;
    const padding = (ALIGNMENT - start % ALIGNMENT) % ALIGNMENT;
    if (start + padding + bytes.length >= 2 ** 32) {
      throw new RangeError(`Cannot write ${path} as the archive would pass 4 GiB`);
    }
    const entry = { name, crc: crc32(bytes), size: bytes.length, offset: this.#position };
    await this.#write(localHeader(entry, padding));
    await this.#write(bytes);
    this.#entries.push(entry);
  }

  /** Writes the directory; nothing may be added after it. */
  async end(): Promise<void> {
    const start = this.#position;
    for (const entry of this.#entries) await this.#write(centralHeader(entry));
    const end = new Uint8Array(END_BYTES);
    const view = new DataView(end.buffer);
    view.setUint32(0, 0x06054b50, true);
    view.setUint16(8, this.#entries.length, true);
    view.setUint16(10, this.#entries.length, true);
    view.setUint32(12, this.#position - start, true);
    view.setUint32(16, start, true);
    await this.#write(end);
  }

  async #write(bytes: Uint8Array): Promise<void> {
    await writeAll(this.#file, bytes);
    this.#position += bytes.length;
  }
}

/** Before an entry's bytes; `padding` more bytes go into an extra field. */
function localHeader(entry: Written, padding: number): Uint8Array {
  const { name } = entry;
  const bytes = new Uint8Array(LOCAL_BYTES + name.length + 4 + padding);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x04034b50, true);
  describe(view, 4, entry);
  view.setUint16(28, 4 + padding, true);
  bytes.set(name, LOCAL_BYTES);
  view.setUint16(LOCAL_BYTES + name.length, PADDING_ID, true);
  view.setUint16(LOCAL_BYTES + name.length + 2, padding, true);
  return bytes;
}

function centralHeader(entry: Written): Uint8Array {
  const bytes = new Uint8Array(CENTRAL_BYTES + entry.name.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x02014b50, true);
  view.setUint16(4, 20, true);
  describe(view, 6, entry);
  view.setUint32(42, entry.offset, true);
  bytes.set(entry.name, CENTRAL_BYTES);
  return bytes;
}

/** What both headers say of an entry: version, flags, method, time, sum, sizes, length of the name. */
function describe(view: DataView, at: number, { name, crc, size }: Written): void {
  view.setUint16(at, 20, true);
  view.setUint16(at + 2, UTF8, true);
  view.setUint16(at + 8, DATE, true);
  view.setUint32(at + 10, crc, true);
  view.setUint32(at + 14, size, true);
  view.setUint32(at + 18, size, true);
  view.setUint16(at + 22, name.length, true);
}

/** Flag: names are UTF-8. */
const UTF8 = 1 << 11;
