/**
 * WGSL without loops, for CPUs that emulate a GPU eight lanes at a time: there a value that all lanes share costs
 * nothing where it lies in workgroup memory at a constant address, outside of any control flow (it becomes an operand
 * of the multiplication), and as much as a load for each lane anywhere else. Addresses become constant by writing every
 * multiplication out, which is why this text is generated.
 * @module
 */

/** Fours of columns summed at a time: as many sums as the CPU has registers for, beside what they are made of. */
export const BLOCKS_AT_ONCE = 4;

/** `count` lines of text, one under the other. */
export function lines(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join("\n");
}
