/** The check of SmoothL1's beta. */

/** @throws RangeError where `beta` is not above 0: at 0 the gradient of an exact prediction would be 0/0. */
export function checkBeta(beta: number): void {
  if (beta > 0) return;
  throw new RangeError(`Cannot compute SmoothL1 as beta must be above 0: it is ${beta}`);
}
