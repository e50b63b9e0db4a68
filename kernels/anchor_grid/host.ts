/** Anchor grids over typed arrays. */
import type { FloatArray } from "../../core/runtime/mod.ts";

/** Where a level's cells and anchors begin, in boxes, and its grid. */
export interface GridLevel {
  readonly height: number;
  readonly width: number;
  /** Pixels between columns. */
  readonly stride: number;
  /** Pixels between rows. */
  readonly strideY: number;
  readonly perCell: number;
  readonly cellBase: number;
  readonly base: number;
}

/** anchors[base + (y·width + x)·perCell + a] = cells[cellBase + a] + (stride·x, strideY·y, stride·x, strideY·y). */
export function anchorGrid(
  { cells, anchors }: { cells: FloatArray; anchors: FloatArray },
  { levels }: { levels: readonly GridLevel[] },
): void {
  for (const { height, width, stride, strideY, perCell, cellBase, base } of levels) {
    let to = base * 4;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let from = cellBase * 4; from < (cellBase + perCell) * 4; from += 4, to += 4) {
          anchors[to] = cells[from]! + x * stride;
          anchors[to + 1] = cells[from + 1]! + y * strideY;
          anchors[to + 2] = cells[from + 2]! + x * stride;
          anchors[to + 3] = cells[from + 3]! + y * strideY;
        }
      }
    }
  }
}
