/**
 * The only globals that a pickle may name. Each is a function of ours that makes plain values, or a
 * mere name; Python's own never run, and everything else is refused.
 * @module
 */
import { CONTAINER_GLOBALS } from "./container_globals.ts";
import type { PickleFunction } from "./function.ts";
import { NUMPY_GLOBALS, setNumpyState } from "./numpy_globals.ts";
import type { PickleHost, PickleMachine } from "./machine.ts";
import { PyDict, type PyGlobal, type PyValue } from "./values.ts";
import { TORCH_GLOBALS } from "./torch_globals.ts";

/** By name. */
const GLOBALS: ReadonlyMap<string, PickleFunction> = new Map(
  [...CONTAINER_GLOBALS, ...TORCH_GLOBALS, ...NUMPY_GLOBALS].map((entry) => [
    entry.global.name,
    entry,
  ]),
);

/** The host of pickles with tensors. `load` gives what persistent ids stand for. */
export function tensorHost(load?: PickleHost["load"]): PickleHost {
  const host = { find: (name: string) => GLOBALS.get(name)?.global, call, build };
  return load ? { ...host, load } : host;
}

function call(callee: PyGlobal, args: readonly PyValue[], machine: PickleMachine): PyValue {
  const found = GLOBALS.get(callee.name)?.call;
  if (!found) throw machine.fault(`calls ${callee.name}, which weights do not need`);
  return found(args, machine);
}

/** Python attributes of a dict (`_metadata` of a state_dict) are dropped; numpy's objects take theirs. */
function build(object: PyValue, state: PyValue, machine: PickleMachine): void {
  if (object instanceof PyDict && state instanceof PyDict) return;
  if (!setNumpyState(object, state, machine)) {
    throw machine.fault("sets the state of what has none");
  }
}
