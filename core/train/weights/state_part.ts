/** Which part of a checkpoint the weights are. @module */
import { type ByteSource, fault, printable } from "./byte_source.ts";
import { NumpyArray, PyDict, type PyValue, textOf, TorchTensor } from "./pickle/values.ts";
import type { Described } from "./weight_tensors.ts";

/** Where programs keep a model's state: Detectron, then the original and others, MMDetection, … */
const PARTS = ["blobs", "model", "state_dict", "model_state_dict"];

/** A checkpoint's weights, and the names of all else in it. */
export interface StatePart {
  readonly tensors: ReadonlyMap<string, Described>;
  readonly ignored: readonly string[];
}

/**
 * The entry of a checkpoint that holds the weights, or the checkpoint itself.
 * @throws DataError where none does, naming what there is.
 */
export function statePart(source: ByteSource, value: PyValue): StatePart {
  if (!(value instanceof PyDict)) throw noWeights(source, "its value is no dict");
  for (const part of PARTS) {
    const inner = value.entries.get(part);
    if (!(inner instanceof PyDict)) continue;
    const { tensors, others } = split(inner);
    if (tensors.size === 0) continue;
    const beside = [...value.entries.keys()].filter((key) => key !== part).map(keyText);
    return { tensors, ignored: [...beside, ...others.map((key) => `${part}.${key}`)] };
  }
  const { tensors, others } = split(value);
  if (tensors.size === 0) {
    const shown = others.slice(0, 10).map(printable).join(", ");
    throw noWeights(source, others.length === 0 ? "it is empty" : `it has ${shown}`);
  }
  return { tensors, ignored: others };
}

function split({ entries }: PyDict): { tensors: Map<string, Described>; others: string[] } {
  const tensors = new Map<string, Described>();
  const others: string[] = [];
  for (const [key, value] of entries) {
    const name = textOf(key);
    const isTensor = value instanceof TorchTensor || value instanceof NumpyArray;
    if (isTensor && name !== undefined) tensors.set(name, value);
    else others.push(keyText(key));
  }
  return { tensors, others };
}

function keyText(key: PyValue): string {
  if (typeof key === "number" || typeof key === "bigint") return String(key);
  return textOf(key) ?? "an entry without a name";
}

function noWeights(source: ByteSource, why: string): Error {
  return fault(
    source,
    `holds no weights, neither as it is nor under ${PARTS.join(", ")}: ${why}`,
    "name a file with a model's state_dict",
  );
}
