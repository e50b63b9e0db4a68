/** Dispatch plans of kernels that work element by element. */
import {
  alignedView,
  type Dispatch,
  gridFor,
  type PlanContext,
  type Shader,
  splitRange,
  type View,
} from "../../core/runtime/mod.ts";

/** Elements that one invocation of an elementwise kernel works on. */
export const PER_INVOCATION = 4;

/**
 * Dispatches of `shader` over `size` elements, split where a binding would be too large. The shader has the
 * uniforms `size`, `row` (invocations per grid row) and `base` (of the first element in every binding);
 * an invocation works on {@link PER_INVOCATION} consecutive elements. `split` names the tensors of `size`.
 */
export function elementwise(
  shader: Shader,
  size: number,
  options: {
    context: PlanContext;
    split: readonly string[];
    uniforms?: Readonly<Record<string, number>>;
    /** Elements that must stay together, such as a pixel's channels; 1 where absent. */
    unit?: number;
  },
): Dispatch[] {
  const { context, split, uniforms = {}, unit = 1 } = options;
  return splitRange(size, unit, context).map(({ start, end }) => {
    const { view, base } = alignedView(start, end, context);
    const { grid, rowLength } = gridFor(Math.ceil((end - start) / PER_INVOCATION), 64);
    const views: Record<string, View> = {};
    for (const name of split) views[name] = view;
    return {
      shader,
      uniforms: { size: end - start, row: rowLength, base, ...uniforms },
      grid,
      views,
    };
  });
}
