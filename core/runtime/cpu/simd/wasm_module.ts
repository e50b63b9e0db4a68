/**
 * WebAssembly modules of one function without result. The encoding is that of the core specification 2.0, "Binary
 * Format".
 */
import { unsigned } from "./expression.ts";

const I32 = 0x7f;

/** A module that imports memory `m.m` and exports `f` of so many i32 `parameters`, whose locals and body are `code`. */
export function moduleOf(parameters: number, code: readonly number[]): WebAssembly.Module {
  const type = [0x60, parameters, ...new Array<number>(parameters).fill(I32), 0];
  return new WebAssembly.Module(
    Uint8Array.from([
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // "\0asm", version 1
      ...section(1, type), // type 0: (i32, …) → ()
      ...section(2, [...text("m"), ...text("m"), 2, 0, 1]), // a memory of at least one page
      ...section(3, [0]), // function 0 is of type 0
      ...section(7, [...text("f"), 0, 0]), // and exported
      ...section(10, [...unsigned(code.length), ...code]),
    ]),
  );
}

/** A section that holds one item. */
function section(id: number, item: readonly number[]): number[] {
  return [id, ...unsigned(item.length + 1), 1, ...item];
}

function text(ascii: string): number[] {
  return [ascii.length, ...new TextEncoder().encode(ascii)];
}
