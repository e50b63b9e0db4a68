/** Globals of pickles as functions of ours. @module */
import type { PickleMachine } from "./machine.ts";
import { PyGlobal, type PyValue } from "./values.ts";

/** Makes the value of a call; undefined where the arguments are wrong. */
type Make = (args: readonly PyValue[], machine: PickleMachine) => PyValue | undefined;

/** A global that a pickle may name, and what calling it makes; without `call` it is a mere name. */
export interface PickleFunction {
  readonly global: PyGlobal;
  readonly call?: (args: readonly PyValue[], machine: PickleMachine) => PyValue;
}

/** A global that may be named but not called. */
export function name(global: string): PickleFunction {
  return { global: new PyGlobal(global) };
}

/** A global that may be called. Wrong arguments become the DataError of a broken pickle. */
export function callable(global: string, make: Make): PickleFunction {
  return {
    global: new PyGlobal(global),
    call: (args, machine) => {
      const value = make(args, machine);
      if (value === undefined) throw machine.fault(`is broken: it calls ${global} wrongly`);
      return value;
    },
  };
}
