/** Cutting feature maps into parts that bindings can hold: whole images, or rows of one image with their halo. */
import { ceilDiv, type PlanContext, type View } from "../../../core/runtime/mod.ts";
import type { Axis } from "./axis.ts";

/** Extents of one image's map. */
export interface MapSize {
  readonly h: number;
  readonly w: number;
  readonly c: number;
}

/** What is read at the taps of an axis, and what lies at its grid. */
export interface Maps {
  readonly images: number;
  readonly source: MapSize;
  readonly destination: MapSize;
}

/** A part: some rows of the grid of some images. */
export interface Part {
  readonly images: number;
  /** Grid rows of an image. */
  readonly rows: number;
  /** Source rows of an image within the view, which are all that the grid rows reach. */
  readonly sourceRows: number;
  /** The axis' offset, counted from the first source row of the view. */
  readonly offset: number;
  /** Elements that the part reads and writes. */
  readonly source: View;
  readonly destination: View;
}

/** Parts along `y` that cover all images and grid rows. */
export function partsOf(maps: Maps, y: Axis, context: PlanContext): Part[] {
  const room = Math.floor(context.maxBindingBytes / 4) - context.offsetAlignment;
  const largest = Math.max(1, elements(maps.source), elements(maps.destination));
  const images = Math.min(maps.images, Math.floor(room / largest));
  const parts: Part[] = [];
  if (images > 0) {
    for (let first = 0; first < maps.images; first += images) {
      parts.push(wholeImages(maps, y, [first, Math.min(maps.images, first + images)]));
    }
    return parts;
  }
  const most = rowsThatFit(maps, y, room);
  for (let image = 0; image < maps.images; image++) {
    for (let row = 0; row < y.count; row += most) {
      parts.push(someRows(maps, y, { image, row, end: Math.min(y.count, row + most) }));
    }
  }
  return parts;
}

function elements({ h, w, c }: MapSize): number {
  return h * w * c;
}

function wholeImages(maps: Maps, y: Axis, [first, end]: [number, number]): Part {
  const destination = elements(maps.destination), source = elements(maps.source);
  const row = maps.destination.w * maps.destination.c;
  return {
    images: end - first,
    rows: y.count,
    sourceRows: maps.source.h,
    offset: y.offset,
    source: { start: first * source, end: end * source },
    destination: { start: first * destination + y.start * row, end: end * destination },
  };
}

function rowsThatFit(maps: Maps, y: Axis, room: number): number {
  const sourceRows = Math.floor(room / (maps.source.w * maps.source.c));
  const destinationRows = Math.floor(room / (maps.destination.w * maps.destination.c));
  const halo = Math.abs(y.tapStep) * Math.max(0, y.kCount - 1);
  const bySource = Math.floor((sourceRows - halo - 1) / y.mul) + 1;
  return Math.max(1, Math.min(bySource, ceilDiv(destinationRows, y.step)));
}

function someRows(
  maps: Maps,
  y: Axis,
  { image, row, end }: { image: number; row: number; end: number },
): Part {
  const { source, destination } = maps;
  const reach = y.tapStep * Math.max(0, y.kCount - 1);
  const first = row * y.mul + y.offset + Math.min(0, reach);
  const last = (end - 1) * y.mul + y.offset + Math.max(0, reach);
  // Rows that lie outside of the image stay outside of the view; at least one row is bound.
  const low = Math.min(source.h - 1, Math.max(0, first));
  const high = Math.max(low + 1, Math.min(source.h, last + 1));
  const perSource = source.w * source.c, perDestination = destination.w * destination.c;
  return {
    images: 1,
    rows: end - row,
    sourceRows: high - low,
    offset: y.offset + row * y.mul - low,
    source: {
      start: (image * source.h + low) * perSource,
      end: (image * source.h + high) * perSource,
    },
    destination: {
      start: (image * destination.h + y.start + row * y.step) * perDestination,
      end: (image * destination.h + y.start + (end - 1) * y.step + 1) * perDestination,
    },
  };
}
