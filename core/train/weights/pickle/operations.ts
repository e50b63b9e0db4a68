/** The instructions of pickle protocols 0 to 5, by their byte (Python's pickletools lists them). @module */
import {
  floatLine,
  indexLine,
  integerLine,
  longOf,
  quotedLine,
  shortText,
  unicodeLine,
  unicodeText,
} from "./numbers.ts";
import { PyDict, PyList, PyTuple, type PyValue, textOf } from "./values.ts";
import type { PickleMachine } from "./machine.ts";

type Operation = (machine: PickleMachine) => void;

/** The highest protocol there is. */
const MAX_PROTOCOL = 5;

/** Longest name of a module or a global. */
const MAX_NAME = 1024;

/** Instructions that push a constant or a number. */
const NUMBERS: Readonly<Record<number, Operation>> = {
  0x4e: (m) => m.push(null), // NONE
  0x88: (m) => m.push(true), // NEWTRUE
  0x89: (m) => m.push(false), // NEWFALSE
  0x49: (m) => m.push(integerLine(m)), // INT
  0x4c: (m) => m.push(integerLine(m)), // LONG
  0x46: (m) => m.push(floatLine(m)), // FLOAT
  0x47: (m) => m.push(m.cursor.f64()), // BINFLOAT
  0x4a: (m) => m.push(m.cursor.i32()), // BININT
  0x4b: (m) => m.push(m.cursor.u8()), // BININT1
  0x4d: (m) => m.push(m.cursor.u16()), // BININT2
  0x8a: (m) => m.push(longOf(m, m.cursor.u8())), // LONG1
  0x8b: (m) => m.push(longOf(m, m.cursor.u32())), // LONG4
};

/** Instructions that push text or bytes. */
const TEXTS: Readonly<Record<number, Operation>> = {
  0x53: (m) => m.push(quotedLine(m)), // STRING
  0x54: (m) => m.push(shortText(m, m.cursor.u32())), // BINSTRING
  0x55: (m) => m.push(shortText(m, m.cursor.u8())), // SHORT_BINSTRING
  0x56: (m) => m.push(unicodeLine(m)), // UNICODE
  0x58: (m) => m.push(unicodeText(m, m.cursor.u32())), // BINUNICODE
  0x8c: (m) => m.push(unicodeText(m, m.cursor.u8())), // SHORT_BINUNICODE
  0x8d: (m) => m.push(unicodeText(m, m.cursor.u64())), // BINUNICODE8
  0x42: (m) => m.push(m.cursor.bytes(m.cursor.u32())), // BINBYTES
  0x43: (m) => m.push(m.cursor.bytes(m.cursor.u8())), // SHORT_BINBYTES
  0x8e: (m) => m.push(m.cursor.bytes(m.cursor.u64())), // BINBYTES8
  0x96: (m) => m.push(m.cursor.bytes(m.cursor.u64())), // BYTEARRAY8
};

/** Instructions that make and fill containers. */
const CONTAINERS: Readonly<Record<number, Operation>> = {
  0x5d: (m) => m.push(new PyList()), // EMPTY_LIST
  0x6c: (m) => m.push(new PyList(m.popMark())), // LIST
  0x61: appendOne, // APPEND
  0x65: (m) => extend(m, m.popMark()), // APPENDS
  0x29: (m) => m.push(new PyTuple([])), // EMPTY_TUPLE
  0x74: (m) => m.push(new PyTuple(m.popMark())), // TUPLE
  0x85: (m) => tuple(m, 1), // TUPLE1
  0x86: (m) => tuple(m, 2), // TUPLE2
  0x87: (m) => tuple(m, 3), // TUPLE3
  0x7d: (m) => m.push(new PyDict()), // EMPTY_DICT
  0x64: (m) => m.push(dictOf(m, m.popMark())), // DICT
  0x73: setOne, // SETITEM
  0x75: (m) => setItems(m, m.popMark()), // SETITEMS
  0x8f: (m) => m.push(new PyList()), // EMPTY_SET
  0x90: (m) => extend(m, m.popMark()), // ADDITEMS
  0x91: (m) => m.push(new PyList(m.popMark())), // FROZENSET
};

/** Instructions that move values about. */
const STACK: Readonly<Record<number, Operation>> = {
  0x28: (m) => m.mark(), // MARK
  0x30: (m) => m.drop(), // POP
  0x31: (m) => void m.popMark(), // POP_MARK
  0x32: (m) => m.push(m.top()), // DUP
  0x67: (m) => m.push(m.recall(indexLine(m))), // GET
  0x68: (m) => m.push(m.recall(m.cursor.u8())), // BINGET
  0x6a: (m) => m.push(m.recall(m.cursor.u32())), // LONG_BINGET
  0x70: (m) => m.remember(indexLine(m)), // PUT
  0x71: (m) => m.remember(m.cursor.u8()), // BINPUT
  0x72: (m) => m.remember(m.cursor.u32()), // LONG_BINPUT
  0x94: (m) => m.rememberNext(), // MEMOIZE
  0x80: protocol, // PROTO
  0x95: frame, // FRAME
  0x98: (m) => void m.top(), // READONLY_BUFFER: all are
};

/** Instructions that name globals and make objects: all go through the host's allow-list. */
const OBJECTS: Readonly<Record<number, Operation>> = {
  0x63: (m) => m.push(m.global(nameLine(m), nameLine(m))), // GLOBAL
  0x93: stackGlobal, // STACK_GLOBAL
  0x52: (m) => reduce(m), // REDUCE
  0x81: (m) => reduce(m), // NEWOBJ
  0x92: newWithNames, // NEWOBJ_EX
  0x62: build, // BUILD
  0x69: instance, // INST
  0x6f: object, // OBJ
  0x50: (m) => m.push(m.load(nameLine(m))), // PERSID
  0x51: (m) => m.push(m.load(m.pop())), // BINPERSID
};

/** Every instruction but `STOP`. Missing: extension codes and out-of-band buffers, which files have none of. */
export const OPERATIONS: ReadonlyMap<number, Operation> = new Map(
  [NUMBERS, TEXTS, CONTAINERS, STACK, OBJECTS].flatMap((group) =>
    Object.entries(group).map(([code, operation]) => [Number(code), operation] as const)
  ),
);

function protocol(m: PickleMachine): void {
  const version = m.cursor.u8();
  if (version > MAX_PROTOCOL) throw m.fault(`is of protocol ${version}, which is not known`);
}

function frame(m: PickleMachine): void {
  const length = m.cursor.u64();
  if (length > m.cursor.source.size - m.cursor.position) {
    throw m.fault("is truncated: it claims more bytes than it has");
  }
}

function tuple(m: PickleMachine, count: number): void {
  const items: PyValue[] = [];
  while (items.length < count) items.push(m.pop());
  m.push(new PyTuple(items.reverse()));
}

function appendOne(m: PickleMachine): void {
  const item = m.pop();
  extend(m, [item]);
}

function extend(m: PickleMachine, items: readonly PyValue[]): void {
  const list = m.top();
  if (!(list instanceof PyList)) throw m.fault("is broken: it appends to what is no list");
  for (const item of items) list.items.push(item);
}

function dictOf(m: PickleMachine, items: readonly PyValue[]): PyDict {
  const dict = new PyDict();
  if (items.length % 2 !== 0) throw m.fault("is broken: a key in it has no value");
  for (let i = 0; i < items.length; i += 2) {
    const [key = null, value = null] = [items[i], items[i + 1]];
    dict.entries.set(textOf(key) ?? key, value);
  }
  return dict;
}

function setOne(m: PickleMachine): void {
  const value = m.pop();
  const key = m.pop();
  setItems(m, [key, value]);
}

function setItems(m: PickleMachine, items: readonly PyValue[]): void {
  const dict = m.top();
  if (!(dict instanceof PyDict)) throw m.fault("is broken: it sets an entry of what is no dict");
  for (const [key, value] of dictOf(m, items).entries) dict.entries.set(key, value);
}

function nameLine(m: PickleMachine): string {
  return new TextDecoder().decode(m.cursor.line(MAX_NAME));
}

function stackGlobal(m: PickleMachine): void {
  const name = textOf(m.pop());
  const module = textOf(m.pop());
  if (name === undefined || module === undefined) {
    throw m.fault("is broken: a global in it has no name");
  }
  m.push(m.global(module, name));
}

function argumentsOf(m: PickleMachine, value: PyValue): readonly PyValue[] {
  if (!(value instanceof PyTuple)) throw m.fault("is broken: it calls without arguments");
  return value.items;
}

function reduce(m: PickleMachine): void {
  const args = argumentsOf(m, m.pop());
  m.push(m.call(m.pop(), args));
}

function newWithNames(m: PickleMachine): void {
  const names = m.pop();
  if (!(names instanceof PyDict) || names.entries.size > 0) {
    throw m.fault("makes an object by named arguments, which no tensor needs");
  }
  reduce(m);
}

function build(m: PickleMachine): void {
  const state = m.pop();
  m.host.build(m.top(), state, m);
}

function instance(m: PickleMachine): void {
  const callee = m.global(nameLine(m), nameLine(m));
  m.push(m.call(callee, m.popMark()));
}

function object(m: PickleMachine): void {
  const [callee = null, ...args] = m.popMark();
  m.push(m.call(callee, args));
}
