/** Reads a pickle's bytes in order, through a window into its source. @module */
import { type ByteSource, fault } from "../byte_source.ts";

/** Bytes read ahead; what is longer is read straight into its own memory. */
const WINDOW = 1 << 16;

/** Longer text is no name and no number: V8 allows none much longer either. */
const MAX_TEXT = 2 ** 28;

/** A place in a source. All reads throw DataError past the end. */
export class PickleCursor {
  readonly source: ByteSource;
  #window: DataView<ArrayBuffer> = new DataView(new ArrayBuffer(0));
  #windowStart = 0;
  #position: number;

  constructor(source: ByteSource, position = 0) {
    this.source = source;
    this.#position = position;
  }

  /** The offset of the next byte. */
  get position(): number {
    return this.#position;
  }

  u8(): number {
    const at = this.#ensure(1);
    this.#position += 1;
    return this.#window.getUint8(at);
  }

  u16(): number {
    const at = this.#ensure(2);
    this.#position += 2;
    return this.#window.getUint16(at, true);
  }

  i32(): number {
    const at = this.#ensure(4);
    this.#position += 4;
    return this.#window.getInt32(at, true);
  }

  u32(): number {
    return this.i32() >>> 0;
  }

  /** Eight bytes as a length. @throws DataError where they are no exact number. */
  u64(): number {
    const at = this.#ensure(8);
    this.#position += 8;
    const value = this.#window.getBigUint64(at, true);
    if (value > Number.MAX_SAFE_INTEGER) {
      throw fault(this.source, "is broken: it claims more bytes than any file has");
    }
    return Number(value);
  }

  /** A float64 in big-endian order, as pickles have it. */
  f64(): number {
    const at = this.#ensure(8);
    this.#position += 8;
    return this.#window.getFloat64(at, false);
  }

  /** The next bytes, in memory of their own. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    const bytes = length > WINDOW
      ? this.source.read(this.#position, length)
      : this.#slice(this.#ensure(length), length);
    this.#position += length;
    return bytes;
  }

  /** Like {@link bytes}, for what becomes text. */
  textBytes(length: number): Uint8Array<ArrayBuffer> {
    if (length > MAX_TEXT) throw fault(this.source, `claims a text of ${length} bytes`);
    return this.bytes(length);
  }

  /** Bytes up to the next newline, which is passed over. @throws DataError where it is beyond `max`. */
  line(max = MAX_TEXT): Uint8Array<ArrayBuffer> {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let length = 0;
    while (length <= max && this.#position < this.source.size) {
      const at = this.#ensure(1);
      const { buffer, byteOffset, byteLength } = this.#window;
      const ahead = new Uint8Array(buffer, byteOffset + at, byteLength - at);
      const end = ahead.indexOf(0x0a);
      const part = end < 0 ? ahead : ahead.subarray(0, end);
      parts.push(part);
      length += part.length;
      this.#position += part.length + (end < 0 ? 0 : 1);
      if (end >= 0 && length <= max) return joined(parts, length);
    }
    throw fault(this.source, "is truncated or broken: a line in its pickle does not end");
  }

  #slice(at: number, length: number): Uint8Array<ArrayBuffer> {
    const start = this.#window.byteOffset + at;
    return new Uint8Array(this.#window.buffer.slice(start, start + length));
  }

  /** Has `length` bytes from here in the window; their place in it. */
  #ensure(length: number): number {
    const at = this.#position - this.#windowStart;
    if (at >= 0 && at + length <= this.#window.byteLength) return at;
    const ahead = Math.min(Math.max(length, WINDOW), this.source.size - this.#position);
    const bytes = this.source.read(this.#position, Math.max(length, ahead));
    this.#window = new DataView(bytes.buffer);
    this.#windowStart = this.#position;
    return 0;
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
