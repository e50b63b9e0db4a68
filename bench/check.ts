/** No number of a wrong result is told: what is timed is compared first. */
import { UserError } from "../core/runtime/errors.ts";

/** Largest |actual − expected| relative to the largest |expected|; infinite where the lengths differ or anything is NaN. */
export function differenceOf(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let scale = 0, worst = 0;
  for (let i = 0; i < expected.length; i++) scale = Math.max(scale, Math.abs(expected[i]!));
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (!(difference <= worst)) worst = Number.isNaN(difference) ? Infinity : difference;
  }
  return scale > 0 ? worst / scale : worst;
}

/**
 * Compares a result with what it should be.
 * @returns the difference
 * @throws UserError where it is above `tolerance`
 */
export function requireEqual(
  name: string,
  actual: ArrayLike<number>,
  { expected, tolerance }: { expected: ArrayLike<number>; tolerance: number },
): number {
  const error = differenceOf(actual, expected);
  if (error <= tolerance) return error;
  throw new UserError(
    `The result of ${name} is wrong by ${
      error.toExponential(1)
    } (${tolerance} is allowed): it was not timed.`,
  );
}
