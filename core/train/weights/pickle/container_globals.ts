/** Python's plain containers, as pickles make them. @module */
import { callable, name, type PickleFunction } from "./function.ts";
import type { PickleMachine } from "./machine.ts";
import {
  bytesOfValue,
  latin1Bytes,
  Opaque,
  PyDict,
  PyGlobal,
  PyList,
  PyTuple,
  type PyValue,
  textOf,
} from "./values.ts";

type Arguments = readonly PyValue[];

/** Python 2's and Python 3's name of the same module. */
const BUILTINS = ["__builtin__", "builtins"];

/** Of `collections`, `_codecs` and the built-in types. */
export const CONTAINER_GLOBALS: readonly PickleFunction[] = [
  callable("collections.OrderedDict", dict),
  callable("collections.Counter", dict),
  callable("collections.defaultdict", ([factory = null, ...rest], machine) => {
    return factory === null || factory instanceof PyGlobal ? dict(rest, machine) : undefined;
  }),
  callable("_codecs.encode", encode),
  ...BUILTINS.flatMap((module) => [
    callable(`${module}.set`, list),
    callable(`${module}.frozenset`, list),
    callable(`${module}.bytes`, bytes),
    callable(`${module}.bytearray`, bytes),
    callable(`${module}.complex`, () => new Opaque("complex")),
    ...["dict", "list", "int", "float"].map((type) => name(`${module}.${type}`)),
  ]),
];

/** `dict(other)`, `dict(pairs)`, `dict()`. */
function dict([from, ...rest]: Arguments, machine: PickleMachine): PyDict | undefined {
  if (rest.length > 0) return undefined;
  if (from === undefined) return new PyDict();
  if (from instanceof PyDict) {
    machine.spendItems(from.entries.size);
    return new PyDict(new Map(from.entries));
  }
  if (!(from instanceof PyList || from instanceof PyTuple)) return undefined;
  machine.spendItems(from.items.length);
  const entries = new Map<PyValue, PyValue>();
  for (const pair of from.items) {
    if (!(pair instanceof PyList || pair instanceof PyTuple)) return undefined;
    const [key, value] = pair.items;
    if (key === undefined || value === undefined) return undefined;
    entries.set(textOf(key) ?? key, value);
  }
  return new PyDict(entries);
}

/** `set(items)`, as a list. */
function list([from, ...rest]: Arguments, machine: PickleMachine): PyList | undefined {
  if (rest.length > 0) return undefined;
  if (from === undefined) return new PyList();
  if (!(from instanceof PyList || from instanceof PyTuple)) return undefined;
  machine.spendItems(from.items.length);
  return new PyList([...from.items]);
}

/** `bytes()`, `bytearray(bytes)`, `bytearray(text, "latin-1")`. */
function bytes(args: Arguments, machine: PickleMachine): PyValue | undefined {
  if (args.length === 0) return new Uint8Array(0);
  if (args.length > 1) return encode(args, machine);
  const found = bytesOfValue(args[0]);
  if (found === undefined) return undefined;
  machine.spendBytes(found.length);
  return found.slice();
}

/** `codecs.encode(text, "latin1")`: Python 3's bytes in protocols before 3. */
function encode([value, codec]: Arguments, machine: PickleMachine): PyValue | undefined {
  const [text, name] = [textOf(value), textOf(codec)];
  if (text === undefined || (name !== "latin1" && name !== "latin-1")) return undefined;
  machine.spendBytes(text.length);
  return latin1Bytes(text);
}
