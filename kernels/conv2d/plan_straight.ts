/**
 * Gather convolutions in straight lines (gather_straight.wgsl): the weight is packed into tiles, and each dispatch adds
 * the products of one row of tiles to all pixels.
 * @module
 */
import type { Dispatch, PlanContext, Shader } from "../../core/runtime/mod.ts";
import { packedBytes, type Pass, WINDOW, type Windows } from "./plan_uniform.ts";
import { BLOCKS, DEPTH, LANES } from "./straight_line.ts";

/** Tiles of a window of pack_filters.wgsl. */
const TILES = WINDOW / (DEPTH * BLOCKS);

/** Outer channels and rows below which most of a tile would be padding. */
const LEAST = { outer: 4 * BLOCKS * 0.6, rows: DEPTH * 0.6 };

/** True where a pass over `pixels` grid pixels fills its tiles well enough, and its weight can be bound packed. */
export function isStraight({ y, x, inner, outer }: Pass, context: PlanContext): boolean {
  if (!context.isSoftware || inner % 4 !== 0 || outer % 4 !== 0) return false;
  const rows = y.kCount * x.kCount * inner;
  const isFull = outer >= LEAST.outer && (rows === 0 || rows >= LEAST.rows);
  return isFull && packedBytes(straightWindows({ y, x, inner, outer })) <= context.maxBindingBytes;
}

/** The weight of a pass in windows of 64 outer channels, rows a multiple of a tile's. */
export function straightWindows({ y, x, inner, outer }: Pass): Windows {
  const rows = y.kCount * x.kCount * inner;
  const blocks = Math.ceil(outer / 4);
  const rowsPerWindow = DEPTH * Math.min(TILES, Math.max(1, Math.ceil(rows / DEPTH)));
  return {
    rows,
    blocks,
    rowsPerWindow,
    blocksHere: BLOCKS,
    rowWindows: Math.max(1, Math.ceil(rows / rowsPerWindow)),
    blockWindows: Math.ceil(blocks / BLOCKS),
  };
}

/** A shader for few pixels and one for many: the same text. */
export interface StraightShaders {
  readonly few: Shader;
  readonly many: Shader;
}

/** A dispatch over all pixels for each row of tiles; the bias and the ReLU come with the last. */
export function overTiles(
  windows: Windows,
  { pixels, groups = 1 }: { pixels: number; groups?: number },
  base: Omit<Dispatch, "grid" | "shader"> & { readonly shaders: StraightShaders },
): Dispatch[] {
  const { shaders, ...rest } = base;
  const size = pixels <= LANES.few ? "few" : "many";
  const { rowWindows, blockWindows } = windows;
  const depths = Math.max(1, Math.ceil(windows.rows / DEPTH));
  return Array.from({ length: depths }, (_, depth) => {
    const isLast = depth === depths - 1;
    return {
      ...rest,
      shader: shaders[size],
      grid: [Math.ceil(pixels / LANES[size]), blockWindows, groups],
      uniforms: {
        ...rest.uniforms,
        rowFirst: depth * DEPTH,
        packedFirst: Math.floor(depth / TILES) * WINDOW + depth % TILES * DEPTH * BLOCKS,
        packedStep: rowWindows * WINDOW,
        groupStep: rowWindows * blockWindows * WINDOW,
        hasBias: isLast ? rest.uniforms.hasBias! : 0,
        relu: isLast ? rest.uniforms.relu! : 0,
      },
    };
  });
}
