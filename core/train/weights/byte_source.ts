/** Bytes to read at any place; nothing is allocated before a length is checked against what is there. @module */
import { DataError } from "../../runtime/errors.ts";

/** What to do about a file that is broken. */
const REMEDY = "use another copy of the file";

/** A file, or a part of one in memory. */
export interface ByteSource {
  /** The file that messages name. */
  readonly path: string;
  /** Bytes that are there. */
  readonly size: number;
  /** A copy of its own of `length` bytes from `offset`. @throws DataError past the end. */
  read(offset: number, length: number): Uint8Array<ArrayBuffer>;
}

/** The error `PATH WHY; REMEDY.` */
export function fault(source: { path: string }, why: string, remedy = REMEDY): DataError {
  return new DataError(`${source.path} ${why}; ${remedy}.`);
}

/** Text from a file, fit for a message: short, and without what a terminal would obey. */
export function printable(text: string): string {
  const clean = text.slice(0, 100).replace(/[^\x20-\x7e\xa1-\uffff]/g, "?");
  return text.length > 100 ? `${clean}…` : clean;
}

/** @throws DataError where `length` bytes from `offset` are not all in `source`. */
export function requireBytes(source: ByteSource, offset: number, length: number): void {
  const sound = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 &&
    length >= 0;
  if (!sound || length > source.size - offset) {
    throw fault(source, "is truncated: it claims more bytes than it has");
  }
}

/** An open file. */
export class FileSource implements ByteSource, Disposable {
  readonly path: string;
  readonly size: number;
  readonly #file: Deno.FsFile;

  private constructor(path: string, size: number, file: Deno.FsFile) {
    this.path = path;
    this.size = size;
    this.#file = file;
  }

  /** @throws DataError for what is missing, no plain file, not permitted or empty. */
  static async open(path: string): Promise<FileSource> {
    const size = await sizeOfFile(path);
    if (size === 0) throw fault({ path }, "is empty");
    try {
      return new FileSource(path, size, await Deno.open(path));
    } catch (error) {
      throw readable(path, error);
    }
  }

  read(offset: number, length: number): Uint8Array<ArrayBuffer> {
    requireBytes(this, offset, length);
    const bytes = new Uint8Array(length);
    this.#file.seekSync(offset, Deno.SeekMode.Start);
    for (let done = 0; done < length;) {
      const count = this.#file.readSync(bytes.subarray(done));
      if (count === null) throw fault(this, "became shorter while it was read");
      done += count;
    }
    return bytes;
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

async function sizeOfFile(path: string): Promise<number> {
  try {
    const { isFile, size } = await Deno.stat(path);
    if (!isFile) throw new DataError(`${path} is no file; name a file of weights.`);
    return size;
  } catch (error) {
    throw readable(path, error);
  }
}

/** What the system says about a path, as one sentence. */
function readable(path: string, error: unknown): unknown {
  if (error instanceof Deno.errors.NotFound) return new DataError(`There is no file ${path}.`);
  if (error instanceof Deno.errors.PermissionDenied) {
    return new DataError(`${path} may not be read; change its permissions.`);
  }
  return error;
}

/** A part of a file that was read, or unpacked, whole. */
export class MemorySource implements ByteSource {
  readonly path: string;
  readonly #bytes: Uint8Array<ArrayBuffer>;

  constructor(path: string, bytes: Uint8Array<ArrayBuffer>) {
    this.path = path;
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#bytes.length;
  }

  read(offset: number, length: number): Uint8Array<ArrayBuffer> {
    requireBytes(this, offset, length);
    return this.#bytes.slice(offset, offset + length);
  }
}
