/**
 * Gather convolutions in straight lines (gather.wgsl): the weight is packed into tiles, and each dispatch adds
 * the products of one row of tiles to all pixels.
 * @module
 */
import {
  ceilDiv,
  type Dispatch,
  type PlanContext,
  type Shader,
} from "../../../core/runtime/mod.ts";
import vectorAccess from "../gather/access_vec4.wgsl" with { type: "text" };
import common from "../gather/common.wgsl" with { type: "text" };
import { packedBytes, type Pass, WINDOW, type Windows } from "../gather/windows.ts";
import { BLOCKS, DEPTHS, LANES, straightLines } from "./gather.ts";

/** Outer channels and rows below which most of a tile would be padding. */
const LEAST = { outer: 4 * BLOCKS * 0.6, rows: DEPTHS.usual * 0.6 };

/** Operations of a pass that make up for compiling a kernel of large tiles. */
const LARGE_FLOPS = 1e9;

type Size = keyof typeof LANES;
type Depth = keyof typeof DEPTHS;

const shaders = new Map<string, Shader>();

/** A shader of one text and one number of lanes; made at first use, since the text is long. */
function shaderOf(depth: Depth, size: Size): Shader {
  const key = `${depth} ${size}`;
  const known = shaders.get(key);
  if (known) return known;
  const made = {
    source: common + vectorAccess + straightLines(DEPTHS[depth]),
    constants: { lanes: LANES[size], depth: DEPTHS[depth] },
  };
  shaders.set(key, made);
  return made;
}

/** How the weight of a pass is cut into tiles. */
export interface Tiling {
  readonly windows: Windows;
  readonly depth: Depth;
}

/** Tiles for `pixels` grid pixels; undefined where most of them would be padding, or could not be bound. */
export function tilingOf(
  { y, x, inner, outer }: Pass,
  pixels: number,
  context: PlanContext,
): Tiling | undefined {
  const rows = y.kCount * x.kCount * inner;
  const isFull = outer >= LEAST.outer && (rows === 0 || rows >= LEAST.rows);
  if (!context.isSoftware || inner % 4 !== 0 || outer % 4 !== 0 || !isFull) return undefined;
  const isLarge = rows % DEPTHS.large === 0 && 2 * pixels * rows * outer >= LARGE_FLOPS;
  const depth = isLarge ? "large" : "usual";
  const windows = windowsOf(rows, outer, DEPTHS[depth]);
  return packedBytes(windows) <= context.maxBindingBytes ? { windows, depth } : undefined;
}

/** Windows of 64 outer channels, their rows a multiple of a tile's. */
function windowsOf(rows: number, outer: number, depth: number): Windows {
  const blocks = ceilDiv(outer, 4);
  const most = WINDOW / BLOCKS;
  const rowsPerWindow = Math.min(most, depth * Math.max(1, ceilDiv(rows, depth)));
  return {
    rows,
    blocks,
    rowsPerWindow,
    blocksHere: BLOCKS,
    rowWindows: Math.max(1, ceilDiv(rows, rowsPerWindow)),
    blockWindows: ceilDiv(blocks, BLOCKS),
  };
}

/** A dispatch over all pixels for each row of tiles; the bias and the ReLU come with the last. */
export function overTiles(
  { windows, depth }: Tiling,
  { pixels, groups = 1 }: { pixels: number; groups?: number },
  base: Omit<Dispatch, "grid" | "shader">,
): Dispatch[] {
  const size = pixels <= LANES.few ? "few" : "many";
  const { rowWindows, blockWindows } = windows;
  const tileRows = DEPTHS[depth];
  const tiles = Math.max(1, ceilDiv(windows.rows, tileRows));
  const perWindow = WINDOW / (tileRows * BLOCKS);
  return Array.from({ length: tiles }, (_, tile) => {
    const isLast = tile === tiles - 1;
    return {
      ...base,
      shader: shaderOf(depth, size),
      grid: [ceilDiv(pixels, LANES[size]), blockWindows, groups],
      uniforms: {
        ...base.uniforms,
        rowFirst: tile * tileRows,
        packedFirst: Math.floor(tile / perWindow) * WINDOW + tile % perWindow * tileRows * BLOCKS,
        packedStep: rowWindows * WINDOW,
        groupStep: rowWindows * blockWindows * WINDOW,
        hasBias: isLast ? base.uniforms.hasBias! : 0,
        relu: isLast ? base.uniforms.relu! : 0,
      },
    };
  });
}
