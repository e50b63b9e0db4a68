/** Tiles of maps: their rows, bands of these, and how they get into {@link heapScratch} and back. */
import type { FloatArray, TileTransform } from "../../../../core/runtime/mod.ts";
import { copyRun } from "../scratch.ts";

/** Outputs of a tile along one axis, the inputs that they see, and the products of both axes. */
export const OUTPUTS = 4, INPUTS = 6, PRODUCTS = 36;

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

/** Steps of tiles that are spread over {@link PRODUCTS} matrices, each `slot` elements after the last. */
export function spread(slot: number, tile: number): { row: number; column: number; tile: number } {
  return { row: INPUTS * slot, column: slot, tile };
}

/** Rows of one image in {@link heapScratch}: `count` of `width` pixels, of which the map's begin at `left`. */
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
function loadRows(
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

/** Pixels of a row that all tiles of a tile row see, of which each sees `size`. */
export function seenWidth({ across }: Grid, size: number): number {
  return OUTPUTS * across + size - OUTPUTS;
}

/** How the tiles of maps become matrices, one for each element of a transformed tile. */
export interface TileRows {
  readonly maps: Maps;
  /** Rows and columns that a tile sees, and those of them before its first output. */
  readonly size: number;
  readonly padding: number;
  readonly transform: TileTransform;
  /** Where in the memory there is room for a tile row of the maps. */
  readonly rowAt: number;
  readonly to: number;
  /** Elements from one matrix `[tile, c]` to the next. */
  readonly slot: number;
}

/** Transforms all tiles of a band, tile row by tile row. */
export function transformTiles(
  { memory, grid }: { readonly memory: Float32Array; readonly grid: Grid },
  { maps, size, padding, transform, rowAt, to, slot }: TileRows,
  band: Band,
): void {
  const { c } = maps, width = seenWidth(grid, size);
  for (let row = 0; row < band.rows; row++) {
    const place = placeOf(grid, band.first + row, -padding);
    loadRows(memory, maps, { ...place, at: rowAt, count: size, width, left: padding });
    transform({
      source: memory,
      from: rowAt,
      fromStep: { row: width * c, column: c, tile: OUTPUTS * c },
      target: memory,
      to: to + row * grid.across * c,
      toStep: spread(slot, c),
      tiles: grid.across,
      channels: c,
    });
  }
}

/** The image of a tile row, and its first row of outputs moved by `offset`. */
export function placeOf({ down }: Grid, row: number, offset: number): { image: number; y: number } {
  return { image: Math.floor(row / down), y: row % down * OUTPUTS + offset };
}
