/**
 * Kinds of values that a configuration holds; each carries the sentence part that follows "expected" in an error message.
 * @module
 */
import * as v from "valibot";

/** A finite number that `accepts` takes. */
export function number(expected: string, accepts: (value: number) => boolean = () => true) {
  return v.pipe(
    v.number(expected),
    v.finite(expected),
    v.check((value) => accepts(value), expected),
  );
}

/** A whole number from `least` to `most`. */
export function integer(least: number, most: number = Number.MAX_SAFE_INTEGER) {
  const expected = most === Number.MAX_SAFE_INTEGER
    ? `a whole number of at least ${least}`
    : `a whole number from ${least} to ${most}`;
  return number(expected, (n) => Number.isInteger(n) && n >= least && n <= most);
}

/** A number above 0. */
export function positive() {
  return number("a number above 0", (n) => n > 0);
}

/** A number of at least 0. */
export function atLeastZero() {
  return number("a number of at least 0", (n) => n >= 0);
}

/** A number from 0 to 1. */
export function fraction() {
  return number("a number from 0 to 1", (n) => n >= 0 && n <= 1);
}

/** true or false. */
export function bool() {
  return v.boolean("true or false");
}

/** A string. */
export function text(expected = "a string") {
  return v.string(expected);
}

/** One of some strings. */
export function oneOf<const T extends readonly string[]>(values: T) {
  return v.picklist(values, `one of ${values.map((value) => `"${value}"`).join(", ")}`);
}

/** A list of any length. */
export function listOf<const T extends v.GenericSchema>(item: T, what: string) {
  return v.array(item, `a list of ${what}`);
}

/** A list with exactly `length` items. */
export function exactly<const T extends v.GenericSchema>(length: number, item: T, what: string) {
  const expected = `a list of ${length} ${what}`;
  return v.pipe(v.array(item, expected), v.length(length, expected));
}

/** A list with at least one item. */
export function some<const T extends v.GenericSchema>(item: T, what: string) {
  const expected = `a list of at least one ${what}`;
  return v.pipe(v.array(item, expected), v.minLength(1, expected));
}

/** An iteration count: whole and at least 1. */
export function count() {
  return integer(1);
}

/** An object with exactly these keys. */
export function section<const T extends v.ObjectEntries>(entries: T) {
  return v.strictObject(entries, "a section (an object)");
}
