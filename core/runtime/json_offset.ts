/**
 * Where a text stops being JSON. `JSON.parse` names no position for most of its errors, and a user
 * with a 400 MB file needs one. Runs only after `JSON.parse` has failed.
 * @module
 */

/** The first fault of a JSON text: byte offset from 0, and what is wrong there. */
export interface JsonFault {
  readonly offset: number;
  readonly reason: string;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
/** Numbers and literals: what may stand between two structural bytes. */
const ATOM = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)$/;
const MAX_ATOM = 400;

type Expect =
  | "value"
  | "value or ]"
  | "key"
  | "key or }"
  | "colon"
  | "comma or end"
  | "end of file";

/** The first fault of the UTF-8 text `bytes`, or null where it is JSON. */
export function findJsonFault(bytes: Uint8Array): JsonFault | null {
  return new Scanner(bytes).run();
}

class Scanner {
  readonly #bytes: Uint8Array;
  /** The closing byte of each open list or object. */
  readonly #open: number[] = [];
  #at = 0;
  #expect: Expect = "value";

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    // A byte order mark is what TextDecoder would have dropped.
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.#at = 3;
  }

  run(): JsonFault | null {
    for (;;) {
      this.#skipSpace();
      const byte = this.#bytes[this.#at];
      if (byte === undefined) return this.#atEnd();
      const fault = this.#step(byte);
      if (fault) return fault;
    }
  }

  #skipSpace(): void {
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.#at++;
    }
  }

  #atEnd(): JsonFault | null {
    if (this.#expect === "end of file") return null;
    return this.#fault(`the file ends where a ${this.#expect} should follow`);
  }

  #fault(reason: string, offset: number = this.#at): JsonFault {
    return { offset, reason };
  }

  #step(byte: number): JsonFault | null {
    switch (this.#expect) {
      case "value":
        return this.#value(byte);
      case "value or ]":
        return byte === CLOSE_LIST ? this.#close(byte) : this.#value(byte);
      case "key":
        return this.#key(byte);
      case "key or }":
        return byte === CLOSE_OBJECT ? this.#close(byte) : this.#key(byte);
      case "colon":
        if (byte !== COLON) return this.#fault("expected a colon after the key");
        return this.#advance("value");
      case "comma or end":
        return this.#afterValue(byte);
      case "end of file":
        return this.#fault("something follows the end of the document");
    }
  }

  #advance(expect: Expect): null {
    this.#at++;
    this.#expect = expect;
    return null;
  }

  #value(byte: number): JsonFault | null {
    if (byte === OPEN_LIST) {
      this.#open.push(CLOSE_LIST);
      return this.#advance("value or ]");
    }
    if (byte === OPEN_OBJECT) {
      this.#open.push(CLOSE_OBJECT);
      return this.#advance("key or }");
    }
    const fault = byte === QUOTE ? this.#string() : this.#atom();
    if (!fault) this.#valueDone();
    return fault;
  }

  #valueDone(): void {
    this.#expect = this.#open.length === 0 ? "end of file" : "comma or end";
  }

  #key(byte: number): JsonFault | null {
    if (byte !== QUOTE) return this.#fault("expected a key in double quotes");
    const fault = this.#string();
    this.#expect = "colon";
    return fault;
  }

  #close(byte: number): JsonFault | null {
    if (this.#open.pop() !== byte) return this.#fault("the wrong closing bracket");
    this.#at++;
    this.#valueDone();
    return null;
  }

  #afterValue(byte: number): JsonFault | null {
    if (byte !== COMMA) {
      const closes = byte === CLOSE_LIST || byte === CLOSE_OBJECT;
      return closes ? this.#close(byte) : this.#fault("expected a comma or a closing bracket");
    }
    return this.#advance(this.#open.at(-1) === CLOSE_LIST ? "value" : "key");
  }

  #string(): JsonFault | null {
    const start = this.#at;
    for (let at = start + 1; at < this.#bytes.length; at++) {
      const byte = this.#bytes[at] ?? 0;
      if (byte === QUOTE) {
        this.#at = at + 1;
        return this.#checkString(start);
      }
      if (byte === BACKSLASH) at++;
      else if (byte < 0x20) return this.#fault("a control character inside a string", at);
    }
    return this.#fault("the file ends inside a string", this.#bytes.length);
  }

  /** Leaves the rules of escapes to JSON.parse. */
  #checkString(start: number): JsonFault | null {
    const text = new TextDecoder().decode(this.#bytes.subarray(start, this.#at));
    try {
      JSON.parse(text);
      return null;
    } catch {
      return this.#fault("a bad escape inside the string", start);
    }
  }

  #atom(): JsonFault | null {
    const start = this.#at;
    let end = start;
    while (end < this.#bytes.length && end - start < MAX_ATOM && isAtomByte(this.#bytes[end])) {
      end++;
    }
    const text = new TextDecoder().decode(this.#bytes.subarray(start, end));
    if (!ATOM.test(text)) return this.#fault(`expected a value`, start);
    this.#at = end;
    return null;
  }
}

function isAtomByte(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const digit = byte >= 0x30 && byte <= 0x39;
  const letter = (byte >= 0x61 && byte <= 0x7a) || byte === 0x45;
  return digit || letter || byte === 0x2b || byte === 0x2d || byte === 0x2e;
}
