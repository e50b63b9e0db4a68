/** The last stage of every loss: the sum of its terms over the number of rows that count. */
import { defineKernel, empty, launch, type Tensor } from "../../core/runtime/mod.ts";
import meanSource from "./mean_of_valid.wgsl" with { type: "text" };

const shader = { source: meanSource };

const meanKernel = defineKernel({
  name: "mean_of_valid",
  signature: { terms: "f32", selectors: "i32", mean: "f32", count: "f32" },
  host: ({ terms, selectors, mean, count }, { size }: { size: number }) => {
    let sum = 0, valid = 0;
    for (let i = 0; i < size; i++) {
      sum += terms[i]!;
      if (selectors[i]! >= 0) valid += 1;
    }
    mean[0] = sum / Math.max(1, valid);
    count[0] = valid;
  },
  wgsl: ({ size }) => [{ shader, uniforms: { size }, grid: [1, 1, 1] }],
});

/**
 * `mean = Σ terms / max(1, count)`, `count` the number of selectors ≥ 0; both f32 scalars. No gradient of its own.
 * @param terms f32 [n], 0 where a row does not count
 * @param selectors i32 of n elements: labels or indices, negative where a row does not count
 */
export function meanOfValid(terms: Tensor, selectors: Tensor): { mean: Tensor; count: Tensor } {
  const mean = empty(terms.device, []), count = empty(terms.device, []);
  launch(meanKernel, { terms, selectors, mean, count }, { size: selectors.size });
  return { mean, count };
}
