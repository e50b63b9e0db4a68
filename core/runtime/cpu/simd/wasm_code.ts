/**
 * Instructions of WebAssembly, as the functions that `wasm_module.ts` makes need them. Codes and encodings are those of
 * the core specification 3.0, "Binary Format".
 */

/** Instructions one after the other. */
export type Code = readonly number[];

const END = 0x0b, NO_RESULT = 0x40;

/** A local's value. */
export function get(local: number): Code {
  return [0x20, ...unsigned(local)];
}

/** Gives a local a value. */
export function set(local: number, ...value: Code[]): Code {
  return [...value.flat(), 0x21, ...unsigned(local)];
}

/** Gives a local a value, which is the result too. */
function tee(local: number, ...value: Code[]): Code {
  return [...value.flat(), 0x22, ...unsigned(local)];
}

/** A whole number as i64. */
export function whole(value: number): Code {
  return [0x42, ...signed(value)];
}

/** a + b in i64. */
export function plus(a: Code, b: Code): Code {
  return [...a, ...b, 0x7c];
}

/** a · b in i64. */
export function times(a: Code, b: Code): Code {
  return [...a, ...b, 0x7e];
}

/** The bits of a that are in `mask`, i64. */
export function masked(a: Code, mask: number): Code {
  return [...a, ...whole(mask), 0x83];
}

/** The lesser of two locals, i64. */
export function lesser(a: number, b: Code): Code {
  return [...get(a), ...b, ...get(a), ...b, 0x53, 0x1b];
}

/** local += by, i64. */
export function increase(local: number, by: number | Code): Code {
  return set(local, plus(get(local), typeof by === "number" ? whole(by) : by));
}

/** Repeats `body`, after which `counter` -= by, until that is 0. */
export function countDown(counter: number, by: number | Code, body: Code): Code {
  const step = typeof by === "number" ? whole(by) : by;
  return [
    0x03,
    NO_RESULT,
    ...body,
    ...tee(counter, get(counter), step, [0x7d]),
    ...IF_NOT_ZERO,
    0x0d,
    0,
    END,
  ];
}

/** Repeats `body` until two locals are equal, i64. */
export function repeatUntilEqual(a: number, b: number, body: Code): Code {
  return [0x03, NO_RESULT, ...body, ...get(a), ...get(b), 0x52, 0x0d, 0, END];
}

/** Runs `body` where a value, given to `local` too, is not 0. */
export function unlessZero(local: number, value: Code, body: Code): Code {
  return [...tee(local, value), ...IF_NOT_ZERO, 0x04, NO_RESULT, ...body, END];
}

const IF_NOT_ZERO = [0x50, 0x45];

/** LEB128 of a number without sign. */
export function unsigned(value: number): Code {
  return value < 128 ? [value] : [value % 128 + 128, ...unsigned(Math.floor(value / 128))];
}

/** LEB128 of a whole number with its sign. */
function signed(value: number): Code {
  const low = ((value % 128) + 128) % 128, rest = (value - low) / 128;
  const isLast = (rest === 0 && low < 64) || (rest === -1 && low >= 64);
  return isLast ? [low] : [low + 128, ...signed(rest)];
}
