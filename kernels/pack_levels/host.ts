/** Copies between levels and the canvas over typed arrays, row by row. */
import type { FloatArray } from "../../core/runtime/mod.ts";
import type { MapArea } from "../_shared/map_areas.ts";

/** Extents of the canvas, and where each level lies on it. */
export interface PackParams {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly areas: readonly MapArea[];
}

/** Names of a launch's levels, in order. */
export const LEVELS = ["level0", "level1", "level2", "level3"] as const;

type Arrays = Record<typeof LEVELS[number] | "canvas", FloatArray>;

/** canvas = the levels in their areas, zeros between them. */
export function pack(arrays: Arrays, params: PackParams): void {
  arrays.canvas.fill(0);
  forEachRow(params, ({ level, from, to, size }) => {
    arrays.canvas.set(arrays[level].subarray(from, from + size), to);
  });
}

/** The levels = their areas of the canvas. */
export function unpack(arrays: Arrays, params: PackParams): void {
  forEachRow(params, ({ level, from, to, size }) => {
    arrays[level].set(arrays.canvas.subarray(to, to + size), from);
  });
}

/** Every row of every level: its `size` elements begin at `from` of the level, at `to` of the canvas. */
function forEachRow(
  { images, height, width, channels, areas }: PackParams,
  copy: (row: { level: typeof LEVELS[number]; from: number; to: number; size: number }) => void,
): void {
  areas.forEach((area, l) => {
    const size = area.width * channels;
    for (let n = 0; n < images; n++) {
      for (let y = 0; y < area.height; y++) {
        const from = (n * area.height + y) * size;
        const to = ((n * height + area.top + y) * width + area.left) * channels;
        copy({ level: LEVELS[l]!, from, to, size });
      }
    }
  });
}
