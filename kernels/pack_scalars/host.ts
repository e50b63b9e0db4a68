/** Packing of scalars over typed arrays. */
import type { FloatArray } from "../../core/runtime/mod.ts";

/** report[first + i] = values[i]. */
export function pack(
  { values, report }: { values: FloatArray | Int32Array; report: FloatArray },
  { size, first }: { size: number; first: number },
): void {
  for (let i = 0; i < size; i++) report[first + i] = values[i]!;
}
