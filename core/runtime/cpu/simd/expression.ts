/**
 * What a vector loop computes: instructions of WebAssembly on four float32 at a time. Their codes are those of the
 * core specification 2.0, "Vector Instructions".
 */

import { type Code, get, unsigned } from "./wasm_code.ts";

const VECTOR = 0xfd, LOAD = 0, STORE = 11, CONSTANT = 12;
const EQUAL = 65, NOT_EQUAL = 66, GREATER = 68, AND = 78, OR = 80, SELECT = 82;

/** Vectors need only be aligned as float32 are: 2² bytes. */
const ALIGNMENT = 2;

const ADD = 228, SUBTRACT = 229, MULTIPLY = 230, MAXIMUM = 233;

/** A value of four lanes: its instructions, given how many bytes past the pointers' places it is for. */
export type Expression = (offset: number) => Code;

/** The vector at the address that the local `pointer` holds. */
export function load(pointer: number): Expression {
  return (offset) => [
    ...[...get(pointer), ...vector(LOAD), ALIGNMENT, ...unsigned(offset)],
  ];
}

/** `value` in all lanes. */
export function constant(value: number): Expression {
  const lane = [...new Uint8Array(Float32Array.of(value).buffer)];
  return () => [...vector(CONSTANT), ...lane, ...lane, ...lane, ...lane];
}

/** a + b. */
export function add(a: Expression, b: Expression): Expression {
  return binary(ADD, a, b);
}

/** a − b. */
export function subtract(a: Expression, b: Expression): Expression {
  return binary(SUBTRACT, a, b);
}

/** a · b. */
export function multiply(a: Expression, b: Expression): Expression {
  return binary(MULTIPLY, a, b);
}

/** The greater of a and b, NaN where either is, and +0 of +0 and −0. */
export function maximum(a: Expression, b: Expression): Expression {
  return binary(MAXIMUM, a, b);
}

/** max(a, 0), NaN where a is, and +0 for −0. */
export function relu(a: Expression): Expression {
  return maximum(a, constant(0));
}

/** a where `gate` > 0, else +0. */
export function wherePositive(a: Expression, gate: Expression): Expression {
  return binary(AND, a, binary(GREATER, gate, constant(0)));
}

/** A mask, all ones in lanes where a > b, else all zeros. */
export function isGreater(a: Expression, b: Expression): Expression {
  return binary(GREATER, a, b);
}

/** A mask of the lanes where a = b. */
export function isEqual(a: Expression, b: Expression): Expression {
  return binary(EQUAL, a, b);
}

/** A mask of the lanes where a is NaN. */
export function isNaN(a: Expression): Expression {
  return binary(NOT_EQUAL, a, a);
}

/** A mask of the lanes that are in either mask. */
export function either(a: Expression, b: Expression): Expression {
  return binary(OR, a, b);
}

/** a in the lanes of a mask, b in the others. */
export function choose(mask: Expression, a: Expression, b: Expression): Expression {
  return (offset) => [...a(offset), ...b(offset), ...mask(offset), ...vector(SELECT)];
}

/** Puts `value` where {@link load} would find it. */
export function store(pointer: number, value: Expression): Expression {
  return (offset) => [
    ...[...get(pointer), ...value(offset)],
    ...[...vector(STORE), ALIGNMENT, ...unsigned(offset)],
  ];
}

function binary(operation: number, a: Expression, b: Expression): Expression {
  return (offset) => [...a(offset), ...b(offset), ...vector(operation)];
}

function vector(operation: number): number[] {
  return [VECTOR, ...unsigned(operation)];
}
