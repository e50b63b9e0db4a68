/** What `correlation.ts` works on: tile rows of maps, bands of them, and where all that lies in {@link copyMemory}. */
import type { FloatArray } from "../../../../core/runtime/mod.ts";
import { copyRun } from "../scratch.ts";
import { transformInput } from "./transforms.ts";

/** Outputs of a tile along one axis, the inputs that they see, and the products of both axes. */
export const OUTPUTS = 4, INPUTS = 6, PRODUCTS = 36;

/** Elements of the factors and products of a band at most: 16 MiB. With fewer tiles, the products are slower. */
const BAND_ELEMENTS = 1 << 22;

/** Elements of transformed filters at a time, where one band has all tiles: 8 MiB stay in the last-level cache. */
const FILTER_ELEMENTS = 1 << 21;

/** Maps `[images, h, w, c]`. */
export interface Maps {
  readonly data: FloatArray;
  readonly h: number;
  readonly w: number;
  readonly c: number;
}

/** The tiles of some images, `across` in each tile row, `down` tile rows in each image. */
export interface Grid {
  readonly images: number;
  readonly down: number;
  readonly across: number;
}

/** Tile rows `[first, first + rows)`, counted over all images. */
export interface Band {
  readonly first: number;
  readonly rows: number;
}

/** The tiles that maps of `h` × `w` outputs are made of. */
export function gridOf(images: number, { h, w }: { h: number; w: number }): Grid {
  return { images, down: Math.ceil(h / OUTPUTS), across: Math.ceil(w / OUTPUTS) };
}

/** Bands of about equal size, of at most so many tiles where a tile row has no more. */
export function bandsOf({ images, down, across }: Grid, tiles: number): Band[] {
  const all = images * down, most = Math.max(1, Math.floor(tiles / across));
  const rows = Math.ceil(all / Math.ceil(all / most));
  const bands: Band[] = [];
  for (let first = 0; first < all; first += rows) {
    bands.push({ first, rows: Math.min(rows, all - first) });
  }
  return bands;
}

/**
 * Elements from one matrix of such a size to the next: they begin at different lines of the first-level cache, so that
 * transforms can write all of them by turns.
 */
export function slotOf(elements: number): number {
  return Math.ceil(elements / 1024) * 1024 + 16;
}

/** Steps of tiles that are spread over {@link PRODUCTS} matrices, each `slot` elements after the last. */
export function spread(slot: number, tile: number): { row: number; column: number; tile: number } {
  return { row: INPUTS * slot, column: slot, tile };
}

/** Where arrays of such sizes begin one after the other, and where the last one ends. */
export function layout<N extends string>(
  sizes: Readonly<Record<N, number>>,
): { at: Record<N, number>; size: number } {
  const at: Record<N, number> = { ...sizes };
  let size = 0;
  for (const name in sizes) {
    at[name] = size;
    size += slotOf(sizes[name]);
  }
  return { at, size };
}

/** Rows of one image in {@link copyMemory}: `count` of `width` pixels, of which the map's begin at `left`. */
export interface Rows {
  readonly at: number;
  readonly image: number;
  /** The first row, which may lie outside of the map, as any other. */
  readonly y: number;
  readonly count: number;
  readonly width: number;
  readonly left: number;
}

/** Copies rows of the maps to the memory, with zeros around them. */
export function loadRows(
  memory: Float32Array,
  { data, h, w, c }: Maps,
  { at, image, y, count, width, left }: Rows,
): void {
  for (let row = 0; row < count; row++) {
    const start = at + row * width * c, end = start + width * c, sy = y + row;
    if (sy < 0 || sy >= h) {
      memory.fill(0, start, end);
      continue;
    }
    const first = start + left * c;
    memory.fill(0, start, first);
    copyRun(data, (image * h + sy) * w * c, memory, first, w * c);
    memory.fill(0, first + w * c, end);
  }
}

/** Copies those rows and columns back that lie within the maps. */
export function storeRows(
  memory: Float32Array,
  { data, h, w, c }: Maps,
  { at, image, y, count, width }: Omit<Rows, "left">,
): void {
  for (let row = 0; row < count && y + row < h; row++) {
    copyRun(memory, at + row * width * c, data, (image * h + y + row) * w * c, w * c);
  }
}

/** Where arrays lie in the memory, and how many tiles of a band there is room for. */
export interface Workspace {
  readonly memory: Float32Array;
  readonly grid: Grid;
  readonly tiles: number;
  /** Outer channels whose filters there is room for. */
  readonly block: number;
  readonly at: Readonly<
    Record<"weight" | "filters" | "source" | "factors" | "products" | "target", number>
  >;
}

/** Outer channels `[first, first + channels)`. */
export interface Channels {
  readonly first: number;
  readonly channels: number;
}

/** Channels of all tiles of a band at most. */
export function tileElements(): number {
  return Math.floor(BAND_ELEMENTS / PRODUCTS);
}

/** Outer channels at a time, in blocks of about equal size, so that their filters stay in the cache. */
export function blockOf(outer: number, inner: number): number {
  const most = Math.max(64, Math.floor(FILTER_ELEMENTS / (PRODUCTS * inner)));
  return Math.ceil(outer / Math.ceil(outer / most) / 4) * 4;
}

/** Pixels of a row that all tiles of a tile row see. */
export function inputWidth({ across }: Grid): number {
  return OUTPUTS * across + INPUTS - OUTPUTS;
}

/** factors[36][tile, c] = Bᵀ d B of the band's tiles. */
export function factorsOf(
  { memory, grid, tiles, at }: Workspace,
  { source, padding }: { readonly source: Maps; readonly padding: number },
  band: Band,
): void {
  const { c } = source, width = inputWidth(grid);
  for (let row = 0; row < band.rows; row++) {
    loadRows(memory, source, {
      ...placeOf(grid, band.first + row, -padding),
      ...{ at: at.source, count: INPUTS, width, left: padding },
    });
    transformInput({
      from: at.source,
      fromStep: { row: width * c, column: c, tile: OUTPUTS * c },
      to: at.factors + row * grid.across * c,
      toStep: spread(slotOf(tiles * c), c),
      tiles: grid.across,
      channels: c,
    });
  }
}

/** The image of a tile row, and its first row of outputs moved by `offset`. */
export function placeOf({ down }: Grid, row: number, offset: number): { image: number; y: number } {
  return { image: Math.floor(row / down), y: row % down * OUTPUTS + offset };
}
