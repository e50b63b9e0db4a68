/**
 * WebAssembly modules: of one function without result over a memory with 64-bit addresses, and of such a memory. The
 * encoding is that of the core specification 3.0, "Binary Format".
 */
import { type Code, get, set, unsigned } from "./wasm_code.ts";

const F64 = 0x7c, I64_OF_F64 = 0xb0, END = 0x0b;

/** The types of locals. */
export const I64 = 0x7e, V128 = 0x7b;

/** Flags of a memory's limits. */
const WITH_MOST = 1, WIDE = 4;

const HEAD = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]; // "\0asm", version 1

/** A function of numbers, such as addresses and counts, which are whole and may be negative. */
export interface FunctionCode {
  readonly parameters: number;
  /** Locals of its own beyond the parameters: how many of which type. */
  readonly locals?: readonly (readonly [count: number, type: number])[];
  readonly body: Code;
}

/**
 * The local that holds a parameter as i64: the first ones hold them as f64, which JavaScript hands over without making a
 * BigInt. A function's own locals begin at `localOf(parameters, parameters)`.
 */
export function localOf(parameter: number, parameters: number): number {
  return parameters + parameter;
}

/** A module that imports memory `m.m` and exports the function as `f`. */
export function moduleOf({ parameters, locals = [], body }: FunctionCode): WebAssembly.Module {
  const type = [0x60, parameters, ...new Array<number>(parameters).fill(F64), 0];
  const converted: number[] = [];
  for (let i = 0; i < parameters; i++) {
    converted.push(...set(localOf(i, parameters), get(i), [I64_OF_F64]));
  }
  const declared = [[parameters, I64] as const, ...locals].filter(([count]) => count > 0);
  const code = [
    declared.length,
    ...declared.flatMap(([count, kind]) => [...unsigned(count), kind]),
    ...[...converted, ...body, END],
  ];
  return new WebAssembly.Module(
    Uint8Array.from([
      ...HEAD,
      ...section(1, type), // type 0: (f64, …) → ()
      ...section(2, [...text("m"), ...text("m"), 2, WIDE, 1]), // a memory of at least one page
      ...section(3, [0]), // function 0 is of type 0
      ...section(7, [...text("f"), 0, 0]), // and exported
      ...section(10, [...unsigned(code.length), ...code]),
    ]),
  );
}

/** A module that exports a memory of so many pages of 64 KiB as `m`. */
export function memoryModule(pages: number): WebAssembly.Module {
  const limits = [WIDE | WITH_MOST, ...unsigned(pages), ...unsigned(pages)];
  const code = [...HEAD, ...section(5, limits), ...section(7, [...text("m"), 2, 0])];
  return new WebAssembly.Module(Uint8Array.from(code));
}

/** A section that holds one item. */
function section(id: number, item: Code): number[] {
  return [id, ...unsigned(item.length + 1), 1, ...item];
}

function text(ascii: string): number[] {
  return [ascii.length, ...new TextEncoder().encode(ascii)];
}
