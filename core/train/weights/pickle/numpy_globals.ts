/** numpy's arrays, as pickles make them: before and after its move from `core` to `_core`. @module */
import { callable, name, type PickleFunction } from "./function.ts";
import type { PickleMachine } from "./machine.ts";
import {
  bytesOfValue,
  countsOf,
  NumpyArray,
  NumpyType,
  Opaque,
  PyTuple,
  type PyValue,
  textOf,
} from "./values.ts";

const CORES = ["numpy.core", "numpy._core"];

/** Of `numpy`. */
export const NUMPY_GLOBALS: readonly PickleFunction[] = [
  name("numpy.ndarray"),
  callable("numpy.dtype", ([code]) => numpyType(textOf(code))),
  ...CORES.flatMap((core) => [
    callable(`${core}.multiarray._reconstruct`, () => new NumpyArray()),
    callable(`${core}.multiarray.scalar`, () => new Opaque("a number of numpy")),
    callable(`${core}.numeric._frombuffer`, fromBuffer),
  ]),
];

function numpyType(text: string | undefined): NumpyType | undefined {
  // The longest codes are those of records, which no weights are.
  if (text === undefined || text.length > 64) return undefined;
  const type = new NumpyType(text.replace(/^[<>=|]/, ""));
  type.bigEndian = text.startsWith(">");
  return type;
}

/** Protocol 5: `(buffer, dtype, shape, order)`. */
function fromBuffer(
  [buffer, type, size, order]: readonly PyValue[],
  machine: PickleMachine,
): NumpyArray | undefined {
  const [bytes, shape] = [numbersOf(buffer, machine), countsOf(size)];
  if (bytes === undefined || shape === undefined || !(type instanceof NumpyType)) return undefined;
  const array = new NumpyArray();
  array.state = { shape, type, columnMajor: textOf(order) === "F", bytes };
  return array;
}

/**
 * `BUILD` of numpy's objects: `(version, byteorder, …)` of a dtype, `(version, shape, dtype,
 * is_fortran, data)` of an array.
 * @returns false where the object is none of numpy's, or the state is not as numpy writes it
 */
export function setNumpyState(object: PyValue, state: PyValue, machine: PickleMachine): boolean {
  if (!(state instanceof PyTuple)) return false;
  if (object instanceof NumpyType) {
    object.bigEndian = textOf(state.items[1]) === ">";
    return true;
  }
  if (!(object instanceof NumpyArray)) return false;
  if (state.items.length > 5) return false;
  const [size, type, columnMajor, data] = state.items.slice(-4);
  const shape = countsOf(size);
  if (shape === undefined || !(type instanceof NumpyType)) return false;
  // Python 2 wrote the flag as a number in some versions.
  const isColumnMajor = columnMajor === true || columnMajor === 1;
  object.state = { shape, type, columnMajor: isColumnMajor, bytes: numbersOf(data, machine) };
  return true;
}

function numbersOf(
  data: PyValue | undefined,
  machine: PickleMachine,
): Uint8Array<ArrayBuffer> | undefined {
  if (typeof data === "string") machine.spendBytes(data.length);
  return bytesOfValue(data);
}
