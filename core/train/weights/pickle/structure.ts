/** What a pickle's values may look like as a whole. @module */
import type { PickleMachine } from "./machine.ts";
import { type PyContainer, PyDict, PyList, PyTuple, type PyValue } from "./values.ts";

/** Checkpoints nest some five deep. */
const MAX_DEPTH = 200;

/** A container on the way down, and those of its values that are yet to be seen. */
interface Level {
  readonly container: PyContainer;
  readonly rest: Iterator<PyValue>;
}

/**
 * Looks at every value once, however often it is referred to.
 * @throws DataError for values that contain themselves or are nested too deep.
 */
export function checkStructure(machine: PickleMachine, value: PyValue): void {
  const seen = new Set<PyContainer>();
  const path = new Set<PyContainer>();
  const levels: Level[] = [];
  const enter = (value: PyValue) => {
    if (!isContainer(value)) return;
    if (path.has(value)) throw machine.fault("has a value that contains itself");
    if (seen.has(value)) return;
    if (levels.length >= MAX_DEPTH) {
      throw machine.fault(`nests its values more than ${MAX_DEPTH} deep`);
    }
    seen.add(value);
    path.add(value);
    levels.push({ container: value, rest: partsOf(value) });
  };
  enter(value);
  for (let level = levels.at(-1); level; level = levels.at(-1)) {
    const next = level.rest.next();
    if (!next.done) {
      enter(next.value);
      continue;
    }
    path.delete(level.container);
    levels.pop();
  }
}

function isContainer(value: PyValue): value is PyContainer {
  return value instanceof PyList || value instanceof PyTuple || value instanceof PyDict;
}

function* partsOf(value: PyContainer): Generator<PyValue> {
  if (!(value instanceof PyDict)) {
    yield* value.items;
    return;
  }
  for (const [key, part] of value.entries) {
    yield key;
    yield part;
  }
}
