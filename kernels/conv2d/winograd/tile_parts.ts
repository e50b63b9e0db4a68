/** Cutting a Winograd convolution into parts whose tiles fit its scratch memory and whose maps fit bindings. */
import type { PlanContext, View } from "../../../core/runtime/mod.ts";
import type { MapSize } from "../extents/parts.ts";

/** Destination pixels of a tile along each axis, and products of a tile. */
export const TILE = 4, PRODUCTS = 36;

/** Elements of one scratch tensor at most: 16 MiB, small beside a step's activations. */
const SCRATCH_ELEMENTS = 1 << 22;

/** Elements of transformed filters at most: 64 MiB, for 512 to 512 channels in straight lines. */
const FILTER_ELEMENTS = 1 << 24;

/** A 3×3 correlation of stride 1: destination pixel (y, x) sees the source from (y − padding, x − padding) on. */
export interface TileMaps {
  readonly images: number;
  readonly source: MapSize;
  readonly destination: MapSize;
  readonly padding: number;
}

/** Some rows of tiles of some images. */
export interface TilePart {
  /** Tiles of the part, rows and columns of an image. */
  readonly tiles: number;
  readonly tileRows: number;
  readonly tileColumns: number;
  /** Rows of an image within the views. */
  readonly sourceRows: number;
  readonly destinationRows: number;
  /** Source row of the first tile's window, counted from the first source row of the view. */
  readonly offset: number;
  readonly source: View;
  readonly destination: View;
}

/** Elements of one scratch tensor that parts of these maps may fill. */
export function scratchRoom(context: PlanContext): number {
  return Math.min(SCRATCH_ELEMENTS, Math.floor(context.maxBindingBytes / 4));
}

/** Elements of transformed filters that there may be. */
export function filterRoom(context: PlanContext): number {
  return Math.min(FILTER_ELEMENTS, Math.floor(context.maxBindingBytes / 4));
}

/** Parts that cover all tiles; none where not even one row of tiles fits. */
export function tileParts(maps: TileMaps, context: PlanContext): TilePart[] {
  const { source, destination } = maps;
  const rows = Math.ceil(destination.h / TILE), columns = Math.ceil(destination.w / TILE);
  const room = Math.floor(context.maxBindingBytes / 4) - context.offsetAlignment;
  const tiles = Math.floor(scratchRoom(context) / (PRODUCTS * Math.max(source.c, destination.c)));
  const perSource = source.w * source.c, perDestination = destination.w * destination.c;
  const images = Math.min(
    maps.images,
    Math.floor(tiles / (rows * columns)),
    Math.floor(room / Math.max(source.h * perSource, destination.h * perDestination)),
  );
  if (images > 0) return wholeImages(maps, images);
  const most = Math.min(
    Math.floor(tiles / columns),
    Math.floor((Math.floor(room / perSource) - 2) / TILE),
    Math.floor(Math.floor(room / perDestination) / TILE),
  );
  return most < 1 ? [] : someRows(maps, most);
}

function wholeImages(maps: TileMaps, images: number): TilePart[] {
  const { source, destination } = maps;
  const tileRows = Math.ceil(destination.h / TILE), tileColumns = Math.ceil(destination.w / TILE);
  const perSource = source.h * source.w * source.c;
  const perDestination = destination.h * destination.w * destination.c;
  const parts: TilePart[] = [];
  for (let first = 0; first < maps.images; first += images) {
    const end = Math.min(maps.images, first + images);
    parts.push({
      tiles: (end - first) * tileRows * tileColumns,
      tileRows,
      tileColumns,
      sourceRows: source.h,
      destinationRows: destination.h,
      offset: -maps.padding,
      source: { start: first * perSource, end: end * perSource },
      destination: { start: first * perDestination, end: end * perDestination },
    });
  }
  return parts;
}

function someRows(maps: TileMaps, most: number): TilePart[] {
  const { source, destination, padding } = maps;
  const rows = Math.ceil(destination.h / TILE), tileColumns = Math.ceil(destination.w / TILE);
  const perSource = source.w * source.c, perDestination = destination.w * destination.c;
  const parts: TilePart[] = [];
  for (let image = 0; image < maps.images; image++) {
    for (let row = 0; row < rows; row += most) {
      const tileRows = Math.min(most, rows - row);
      const first = row * TILE, end = Math.min(destination.h, (row + tileRows) * TILE);
      // Rows outside of the image stay outside of the view; at least one row is bound.
      const low = Math.min(source.h - 1, Math.max(0, first - padding));
      const high = Math.max(low + 1, Math.min(source.h, end - padding + 2));
      parts.push({
        tiles: tileRows * tileColumns,
        tileRows,
        tileColumns,
        sourceRows: high - low,
        destinationRows: end - first,
        offset: first - padding - low,
        source: {
          start: (image * source.h + low) * perSource,
          end: (image * source.h + high) * perSource,
        },
        destination: {
          start: (image * destination.h + first) * perDestination,
          end: (image * destination.h + end) * perDestination,
        },
      });
    }
  }
  return parts;
}
