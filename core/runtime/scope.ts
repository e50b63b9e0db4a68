/** Lifetimes: tensors made within a scope are freed at its end, but for those that it returns. */

/** What a scope can hold: something with a reference count. */
interface Counted {
  /** The open scope that has a reference; only scopes write it. */
  holder: Held | undefined;
  retain(): unknown;
  release(): void;
}

/** What was handed to a scope, in order. It holds those of which it is the {@link Counted.holder}. */
export type Held = Counted[];

/** Open scopes, outermost first. */
const open: Held[] = [];

/** Registers a new tensor with the innermost open scope; without one it lives until released by hand. */
export function adopt(tensor: Counted): void {
  move(tensor, open.at(-1));
}

/**
 * Hands a reference to the innermost open scope. A scope that holds the tensor already holds it still, and
 * the reference is dropped; without any scope the reference stays with the caller.
 */
export function handOver(tensor: Counted): void {
  if (tensor.holder) tensor.release();
  else adopt(tensor);
}

/** Takes a tensor out of all open scopes: its holder releases it by hand (parameters, running state). */
export function keep<T extends Counted>(tensor: T): T {
  move(tensor, undefined);
  return tensor;
}

function move(tensor: Counted, to: Held | undefined): void {
  tensor.holder = to;
  to?.push(tensor);
}

/**
 * Runs `body` and frees the tensors made in it. Those in its result (a tensor, or an array, map or plain object
 * of such, nested) move to the surrounding scope. The tape keeps what gradients need on its own account.
 */
export function scope<R>(body: () => R): R {
  const held = enter();
  let result: R;
  try {
    result = body();
    if (result instanceof Promise) {
      result.catch(() => {}); // This error is the one to tell.
      throw new TypeError(
        "Cannot run an async function in scope() as its tensors would be freed too early: use asyncScope()",
      );
    }
  } catch (error) {
    leave(held, undefined);
    throw error;
  }
  leave(held, result);
  return result;
}

/** {@link scope} for async bodies. Bodies of different async scopes must not interleave. */
export async function asyncScope<R>(body: () => Promise<R>): Promise<R> {
  const held = enter();
  let result: R;
  try {
    result = await body();
  } catch (error) {
    leave(held, undefined);
    throw error;
  }
  leave(held, result);
  return result;
}

function enter(): Held {
  const held: Held = [];
  open.push(held);
  return held;
}

/** Closes a scope: what `result` contains moves outwards, all else is released. */
function leave(held: Held, result: unknown): void {
  const depth = open.indexOf(held);
  open.splice(depth, 1);
  const outer = open[depth - 1];
  visit(result, (tensor) => {
    if (tensor.holder === held) move(tensor, outer);
  });
  for (const tensor of held) {
    if (tensor.holder !== held) continue; // It moved on.
    tensor.holder = undefined;
    tensor.release();
  }
}

function visit(value: unknown, found: (tensor: Counted) => void): void {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return;
  if ("retain" in value && "release" in value) found(value as Counted);
  else if (Array.isArray(value) || value instanceof Map) {
    for (const item of value.values()) visit(item, found);
  } else if (Object.getPrototypeOf(value) === Object.prototype) {
    for (const item of Object.values(value)) visit(item, found);
  }
}
