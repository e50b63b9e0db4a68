/**
 * Anchors of all pyramid levels: the cell anchors repeated at every position of each level's grid.
 * Source: the original's `det_opr/rpn/anchor_generator.py`, `grid_anchors`.
 * @module
 */
import {
  defineKernel,
  type Device,
  empty,
  fromArray,
  gridFor,
  launch,
  scope,
  type Tensor,
} from "../../core/runtime/mod.ts";
import source from "./anchors.wgsl" with { type: "text" };
import { anchorGrid as host, type GridLevel } from "./host.ts";

const shader = { source };

const kernel = defineKernel({
  name: "anchor_grid",
  signature: { cells: "f32", anchors: "f32" },
  host,
  wgsl: ({ levels }: { levels: readonly GridLevel[] }) =>
    levels.map(({ height, ...level }) => {
      const count = height * level.width * level.perCell;
      const { grid, rowLength: row } = gridFor(count, 64);
      return { shader, uniforms: { count, row, ...level }, grid };
    }),
});

/** One pyramid level: the extents of its feature map and the pixels between its cells. */
export interface AnchorLevel {
  readonly height: number;
  readonly width: number;
  readonly stride: number;
  /** Pixels between rows, where they are not as far apart as columns. */
  readonly strideY?: number;
}

/**
 * All anchors of a batch: they depend only on the padded size, so one grid serves every image. Anchors over
 * the padding are kept. Not differentiable.
 * @param device where the anchors shall lie
 * @param grid.cells per level, x1, y1, x2, y2 of the anchors of the cell at (0, 0), in image pixels
 * @param grid.levels per level, the grid
 * @returns f32 `[R, 4]`, inclusive corners; level by level, within one by row, column, then cell anchor
 * @throws RangeError where the levels of `cells` and `levels` differ in number or cells are not in fours
 */
export function anchorGrid(
  device: Device,
  grid: { cells: readonly Float32Array[]; levels: readonly AnchorLevel[] },
): Tensor {
  const placed = placeLevels(grid.cells, grid.levels);
  const last = placed.at(-1);
  const total = last ? last.base + last.height * last.width * last.perCell : 0;
  return scope(() => {
    const flat = new Float32Array(4 * placed.reduce((sum, { perCell }) => sum + perCell, 0));
    grid.cells.forEach((cell, level) => flat.set(cell, 4 * placed[level]!.cellBase));
    const cells = fromArray(device, [flat.length / 4, 4], flat);
    const anchors = empty(device, [total, 4]);
    launch(kernel, { cells, anchors }, { levels: placed });
    return anchors;
  });
}

function placeLevels(
  cells: readonly Float32Array[],
  levels: readonly AnchorLevel[],
): GridLevel[] {
  if (cells.length !== levels.length) {
    throw new RangeError(
      `Cannot lay anchors as every level needs cell anchors: ${cells.length} for ${levels.length}`,
    );
  }
  let cellBase = 0, base = 0;
  return levels.map((level, i) => {
    const perCell = cells[i]!.length / 4;
    if (!Number.isInteger(perCell)) {
      throw new RangeError(
        `Cannot lay anchors as level ${i} must have 4 numbers per cell anchor: ${cells[i]!.length}`,
      );
    }
    const placed = { strideY: level.stride, ...level, perCell, cellBase, base };
    cellBase += perCell;
    base += level.height * level.width * perCell;
    return placed;
  });
}
