/** The shape check that operators share. */
import { formatShape, sameShape, type Shape, type Tensor } from "../../core/runtime/mod.ts";

/** @throws RangeError naming `what` where `tensor` does not have `shape`. */
export function expectShape(tensor: Tensor, shape: Shape, what: string): void {
  if (sameShape(tensor.shape, shape)) return;
  throw new RangeError(
    `Cannot use ${what} as its shape must be ${formatShape(shape)}: it is ${
      formatShape(tensor.shape)
    }`,
  );
}
