/**
 * Concatenates the RPN's predictions of all levels: per image, levels in order, each in the order of its
 * memory (row, column, anchor), which is the order of the anchors. Being block copies, forward and gradient
 * are one kernel with the roles changed. Tensors of boxes are small, so nothing is split.
 * @module
 */
import {
  defineKernel,
  differentiable,
  empty,
  formatShape,
  gridFor,
  launch,
  sizeOf,
  type Tensor,
} from "../../core/runtime/mod.ts";
import copySource from "./copy_blocks.wgsl" with { type: "text" };
import * as host from "./host.ts";

const shader = { source: copySource };

const copyKernel = defineKernel({
  name: "concat_levels",
  signature: { source: "f32", copy: "f32" },
  host: host.copyBlocks,
  wgsl: ({ images, ...blocks }: host.Blocks) => {
    const count = images * blocks.block;
    const { grid, rowLength } = gridFor(count, 64);
    return [{ shader, uniforms: { count, row: rowLength, ...blocks }, grid }];
  },
});

/**
 * Levels as rows of `width` numbers, one after another; gradients for all levels.
 * @param levels f32 [N, H_l, W_l, A·width] each, N and A·width the same
 * @param options width: numbers per row: 4 for box deltas; 1 for logits gives [N, R] when `flat`
 * @returns f32 [N, R, width], or [N, R] where `flat` (width 1 only); R = Σ H_l·W_l·A
 * @throws RangeError where there is no level, N differs, or `width` does not divide a level's channels
 */
export function concatLevels(
  levels: readonly Tensor[],
  options: { width: number; flat?: boolean },
): Tensor {
  const { width, flat = false } = options;
  const images = checkLevels(levels, { width, flat });
  const blocks = levels.map(({ shape }) => sizeOf(shape.slice(1)));
  const stride = blocks.reduce((sum, block) => sum + block, 0);
  const offsets = blocks.map((_, l) => blocks.slice(0, l).reduce((sum, block) => sum + block, 0));
  const { device } = levels[0]!;
  const out = empty(device, flat ? [images, stride] : [images, stride / width, width]);
  levels.forEach((source, l) => {
    const block = blocks[l]!;
    const target = { targetStride: stride, targetOffset: offsets[l]! };
    const params = { images, block, sourceStride: block, sourceOffset: 0, ...target };
    launch(copyKernel, { source, copy: out }, params);
  });
  differentiable({
    inputs: levels,
    outputs: [out],
    saved: [],
    backward: ([dOut], needs) =>
      levels.map((level, l) => {
        if (!needs[l]) return undefined;
        const dLevel = empty(device, level.shape);
        const block = blocks[l]!;
        const source = { sourceStride: stride, sourceOffset: offsets[l]! };
        const params = { images, block, ...source, targetStride: block, targetOffset: 0 };
        launch(copyKernel, { source: dOut!, copy: dLevel }, params);
        return dLevel;
      }),
  });
  return out;
}

function checkLevels(
  levels: readonly Tensor[],
  { width, flat }: { width: number; flat: boolean },
): number {
  const images = levels[0]?.shape[0];
  if (images === undefined) throw new RangeError("Cannot concatenate no levels");
  if (flat && width !== 1) {
    throw new RangeError(`Cannot concatenate rows of ${width} numbers flat as they must have 1`);
  }
  for (const { shape } of levels) {
    if (shape.length === 4 && shape[0] === images && shape[3]! % width === 0) continue;
    throw new RangeError(
      `Cannot concatenate a level of shape ${
        formatShape(shape)
      } as it must be [${images}, H, W, a multiple of ${width}]`,
    );
  }
  return images;
}
