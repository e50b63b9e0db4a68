/**
 * Concatenates the RPN's predictions of all levels: per image, levels in order, each in the order of its
 * memory (row, column, anchor), which is the order of the anchors. Five levels at a time, as many as a pyramid has:
 * launches of so little would cost more than the copies. Tensors of boxes are small, so nothing is split.
 * @module
 */
import {
  defineKernel,
  differentiable,
  type Dispatch,
  empty,
  formatShape,
  gridFor,
  launch,
  sizeOf,
  type Tensor,
} from "../../core/runtime/mod.ts";
import * as host from "./host.ts";
import joinSource from "./join.wgsl" with { type: "text" };
import placeSource from "./place.wgsl" with { type: "text" };
import splitSource from "./split.wgsl" with { type: "text" };

const LEVELS = { a: "f32", b: "f32", c: "f32", d: "f32", e: "f32" } as const;

const joinKernel = defineKernel({
  name: "concat_levels",
  signature: { ...LEVELS, whole: "f32" },
  host: host.join,
  wgsl: planner(joinSource),
});

const splitKernel = defineKernel({
  name: "concat_levels_backward",
  signature: { whole: "f32", ...LEVELS },
  host: host.split,
  wgsl: planner(splitSource),
});

/** Plans of a shader, by numbers or, where all levels allow it, by vectors of four. */
function planner(source: string): (blocks: host.Blocks) => Dispatch[] {
  const text = placeSource + source;
  const scalar = { source: `alias Value = f32;\n${text}` };
  const vec4 = { source: `alias Value = vec4f;\n${text}` };
  return ({ images, blocks, stride, offset }) => {
    const unit = [...blocks, stride, offset].every((size) => size % 4 === 0) ? 4 : 1;
    // Where a level begins; levels that are not there begin at the end.
    const starts = [1, 2, 3, 4].map((l) => sum(blocks.slice(0, l)) / unit);
    const [start1, start2, start3, start4] = starts as [number, number, number, number];
    const block = sum(blocks) / unit;
    // An image is a layer of the grid: a software adapter divides integers lane by lane.
    const { grid: [x, y], rowLength: row } = gridFor(block, 64);
    const extent = { row, block, stride: stride / unit, offset: offset / unit };
    const uniforms = { ...extent, start1, start2, start3, start4 };
    return [{ shader: unit === 4 ? vec4 : scalar, uniforms, grid: [x, y, images] }];
  };
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((before, size) => before + size, 0);
}

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
  const runs = runsOf(levels.map(({ shape }) => sizeOf(shape.slice(1))), images);
  const stride = runs[0]!.stride;
  const { device } = levels[0]!;
  const out = empty(device, flat ? [images, stride] : [images, stride / width, width]);
  runs.forEach((run, i) => {
    const [a, b = a, c = a, d = a, e = a] = levels.slice(5 * i) as [Tensor, ...Tensor[]];
    launch(joinKernel, { a, b, c, d, e, whole: out }, run);
  });
  differentiable({
    inputs: levels,
    outputs: [out],
    saved: [],
    backward: ([dOut]) =>
      runs.flatMap((run, i) => split(dOut!, levels.slice(5 * i, 5 * i + 5), run)),
  });
  return out;
}

/** Five levels each. */
function runsOf(blocks: readonly number[], images: number): host.Blocks[] {
  const runs: host.Blocks[] = [];
  for (let l = 0; l < blocks.length; l += 5) {
    const offset = sum(blocks.slice(0, l));
    runs.push({ images, blocks: blocks.slice(l, l + 5), stride: sum(blocks), offset });
  }
  return runs;
}

/** The gradients of up to five levels. */
function split(whole: Tensor, levels: readonly { shape: Tensor["shape"] }[], run: host.Blocks) {
  const parts = Array.from(
    { length: 5 },
    (_, l) => empty(whole.device, levels[l]?.shape ?? [0]),
  );
  const [a, b, c, d, e] = parts as [Tensor, Tensor, Tensor, Tensor, Tensor];
  launch(splitKernel, { whole, a, b, c, d, e }, run);
  return parts.slice(0, levels.length);
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
