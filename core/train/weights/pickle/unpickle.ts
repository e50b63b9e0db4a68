/** Reads pickles as data: plain values and descriptions of tensors, nothing run. @module */
import { checkStructure } from "./structure.ts";
import type { PickleMachine } from "./machine.ts";
import { OPERATIONS } from "./operations.ts";
import type { PyValue } from "./values.ts";

const STOP = 0x2e;

/**
 * The value of the pickle at the machine's cursor, which then stands behind it.
 * @throws DataError for a pickle that is broken, names a global that is not allowed, or would take
 *   more time or memory than a file of weights; values that contain themselves are refused.
 */
export function unpickle(machine: PickleMachine): PyValue {
  machine.clear();
  for (;;) {
    const code = machine.cursor.u8();
    if (code === STOP) break;
    machine.step();
    const operation = OPERATIONS.get(code);
    if (!operation) {
      throw machine.fault(`is broken: 0x${code.toString(16).padStart(2, "0")} is no instruction`);
    }
    operation(machine);
  }
  const value = machine.pop();
  checkStructure(machine, value);
  return value;
}
