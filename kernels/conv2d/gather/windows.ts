/**
 * Gather convolutions whose weight is read from uniform memory (uniform.wgsl): it is packed into windows of 64 KiB, what
 * WebGPU binds of uniforms, and each window is a dispatch of its own over all pixels.
 * @module
 */
import {
  type Dispatch,
  gridFor,
  type PlanContext,
  type Shader,
} from "../../../core/runtime/mod.ts";
import type { Axis } from "../extents/axis.ts";
import packSource from "./pack_filters.wgsl" with { type: "text" };

const PACK: Shader = { source: packSource };

/** Vectors of a window, and grid pixels and blocks of one invocation. */
export const WINDOW = 4096;
const PIXELS = 8, BLOCKS = 2;

/** Invocations of a dispatch below which the software adapter's threads have too little to share. */
const ENOUGH = 1024;

/** Dispatches of a pass that never matter, and operations that make up for starting one. */
const FEW_WINDOWS = 4, ENOUGH_FLOPS = 8e6;

/** True where a window can be bound. */
export function fitsWindow(context: PlanContext): boolean {
  return context.maxBindingBytes >= 16 * WINDOW;
}

/** How a weight of `rows` by `blocks` vectors is cut into windows. */
export interface Windows {
  readonly rows: number;
  readonly blocks: number;
  /** Rows and blocks of one window. */
  readonly rowsPerWindow: number;
  readonly blocksHere: number;
  readonly rowWindows: number;
  readonly blockWindows: number;
}

/** The taps and channels of one pass over the source. */
export interface Pass {
  readonly y: Axis;
  readonly x: Axis;
  readonly inner: number;
  readonly outer: number;
}

/** Windows for `pixels` grid pixels: all rows in one where enough is left for every thread, since sums then stay put. */
export function windowsOf({ y, x, inner, outer }: Pass, pixels: number): Windows {
  const rows = y.kCount * x.kCount * 4 * Math.ceil(inner / 4);
  const blocks = Math.ceil(outer / 4);
  const tiles = Math.max(1, Math.ceil(pixels / PIXELS));
  const wanted = Math.max(
    Math.floor(WINDOW / Math.max(1, rows)),
    BLOCKS * Math.ceil(ENOUGH / tiles),
  );
  const most = BLOCKS * Math.ceil(blocks / BLOCKS);
  const blocksHere = Math.min(most, BLOCKS * Math.max(1, Math.floor(wanted / BLOCKS)), WINDOW / 4);
  const rowsPerWindow = Math.min(rows, 4 * Math.floor(WINDOW / blocksHere / 4));
  return {
    rows,
    blocks,
    rowsPerWindow,
    blocksHere,
    rowWindows: Math.max(1, Math.ceil(rows / Math.max(1, rowsPerWindow))),
    blockWindows: Math.ceil(blocks / blocksHere),
  };
}

/** Bytes of the packed weight. */
export function packedBytes({ rowWindows, blockWindows }: Windows): number {
  return rowWindows * blockWindows * WINDOW * 16;
}

/** True where a dispatch does so much that what starting it costs does not matter. */
export function isWorthWindows({ rowWindows, blockWindows }: Windows, flops: number): boolean {
  const dispatches = rowWindows * blockWindows;
  return dispatches <= FEW_WINDOWS || flops / dispatches >= ENOUGH_FLOPS;
}

/** Packs the weight of a pass into the scratch tensor `packed`. */
export function packDispatch(
  { y, x, inner, outer }: Pass,
  windows: Windows,
  { transposed, kw }: { transposed: boolean; kw: number },
): Dispatch {
  const { rowWindows, blockWindows, rowsPerWindow, blocksHere } = windows;
  const count = rowWindows * blockWindows * rowsPerWindow * blocksHere;
  const { grid, rowLength } = gridFor(count, 64);
  return {
    shader: PACK,
    grid,
    uniforms: {
      count,
      row: rowLength,
      rows: windows.rows,
      rowsPerWindow,
      rowWindows,
      blocksHere,
      inner,
      outer,
      transposed: transposed ? 1 : 0,
      kyStart: y.kStart,
      kyStep: y.kStep,
      kxStart: x.kStart,
      kxStep: x.kStep,
      kxCount: x.kCount,
      kw,
    },
  };
}

/** A dispatch over all pixels, once for each window after the first `skipped`: what it adds to the sums, and the bias and ReLU after the last. */
export function overWindows(
  windows: Windows,
  { pixels, skipped = 0 }: { pixels: number; skipped?: number },
  base: Omit<Dispatch, "grid">,
): Dispatch[] {
  const { rows, rowsPerWindow, rowWindows, blockWindows, blocksHere } = windows;
  const { grid, rowLength } = gridFor(Math.ceil(pixels / PIXELS) * blocksHere / BLOCKS, 64);
  const dispatches: Dispatch[] = [];
  const view = (window: number) => ({
    start: (skipped + window) * WINDOW * 4,
    end: (skipped + window + 1) * WINDOW * 4,
  });
  for (let window = 0; window < rowWindows * blockWindows; window++) {
    const rowFirst = window % rowWindows * rowsPerWindow;
    const isLast = window % rowWindows === rowWindows - 1;
    dispatches.push({
      ...base,
      grid,
      views: { ...base.views, packed: view(window) },
      uniforms: {
        ...base.uniforms,
        row: rowLength,
        rowFirst,
        rowEnd: Math.min(rows, rowFirst + rowsPerWindow),
        blockFirst: Math.floor(window / rowWindows) * blocksHere,
        blocksHere,
        hasBias: isLast ? base.uniforms.hasBias! : 0,
        relu: isLast ? base.uniforms.relu! : 0,
      },
    });
  }
  return dispatches;
}
