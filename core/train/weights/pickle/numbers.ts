/** Numbers and text as pickles write them. @module */
import { latin1Text, LongText } from "./values.ts";
import type { PickleMachine } from "./machine.ts";

/** Bytes of the longest integer taken: far above all that weights come with. */
const MAX_LONG = 256;

/** Digits of the longest integer or float in text. */
const MAX_DIGITS = 700;

/** Longer Python 2 text stays bytes. */
const MAX_SHORT_TEXT = 1024;

/** A little-endian two's-complement integer of `length` bytes. */
export function longOf(machine: PickleMachine, length: number): number | bigint {
  if (length > MAX_LONG) throw machine.fault(`claims an integer of ${length} bytes`);
  const bytes = machine.cursor.bytes(length);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).toReversed().join("");
  return narrowed(BigInt.asIntN(8 * length, BigInt(`0x0${hex}`)));
}

/** `INT`, `LONG`: an integer in text; `00` and `01` are False and True. */
export function integerLine(machine: PickleMachine): number | bigint | boolean {
  const text = latin1Text(machine.cursor.line(MAX_DIGITS));
  if (text === "00" || text === "01") return text === "01";
  const digits = text.trim().replace(/L$/, "");
  if (!/^[+-]?\d+$/.test(digits)) {
    throw machine.fault("is broken: it has no integer where one is due");
  }
  return narrowed(
    digits.startsWith("-") ? -BigInt(digits.slice(1)) : BigInt(digits.replace("+", "")),
  );
}

/** An index of the memo in text. */
export function indexLine(machine: PickleMachine): number {
  const index = integerLine(machine);
  if (typeof index !== "number") throw machine.fault("is broken: an index in it is no number");
  return index;
}

function narrowed(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

const FLOAT_NAMES: ReadonlyMap<string, number> = new Map([
  ["nan", NaN],
  ["inf", Infinity],
  ["-inf", -Infinity],
]);

/** `FLOAT`: a float in text. */
export function floatLine(machine: PickleMachine): number {
  const text = latin1Text(machine.cursor.line(MAX_DIGITS)).trim();
  const value = FLOAT_NAMES.get(text.toLowerCase()) ?? (text === "" ? NaN : Number(text));
  if (Number.isNaN(value) && text.toLowerCase() !== "nan") {
    throw machine.fault("is broken: it has no float where one is due");
  }
  return value;
}

/** Python 2's `str` of `length` bytes. */
export function shortText(machine: PickleMachine, length: number): string | LongText {
  const bytes = machine.cursor.textBytes(length);
  return length > MAX_SHORT_TEXT ? new LongText(bytes) : latin1Text(bytes);
}

/** UTF-8 text of `length` bytes. */
export function unicodeText(machine: PickleMachine, length: number): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(machine.cursor.textBytes(length));
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  a: "\x07",
  b: "\b",
  f: "\f",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

/** `STRING`: a quoted Python 2 literal. */
export function quotedLine(machine: PickleMachine): string {
  const text = latin1Text(machine.cursor.line()).trim();
  const quote = text[0];
  if (text.length < 2 || (quote !== "'" && quote !== '"') || !text.endsWith(quote)) {
    throw machine.fault("is broken: it has no quoted text where one is due");
  }
  return text.slice(1, -1).replace(
    /\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|([\s\S]))/g,
    (whole, hex: string | undefined, octal: string | undefined, letter: string | undefined) => {
      if (hex !== undefined) return String.fromCharCode(parseInt(hex, 16));
      if (octal !== undefined) return String.fromCharCode(parseInt(octal, 8) & 0xff);
      return ESCAPES[letter ?? ""] ?? whole;
    },
  );
}

/** `UNICODE`: raw-unicode-escape text. */
export function unicodeLine(machine: PickleMachine): string {
  return latin1Text(machine.cursor.line()).replace(
    /\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g,
    (whole, short: string | undefined, long: string | undefined) => {
      const code = parseInt(short ?? long ?? "", 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}
