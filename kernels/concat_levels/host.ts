/** Copies between a head's map and the anchors' rows over typed arrays; shapes as in mod.ts. */
import type { FloatArray } from "../../core/runtime/mod.ts";
import type { MapArea } from "../_shared/map_areas.ts";

/** A map, the levels on it, and where their anchors are among all. */
export interface HeadParams {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  /** Channels of the map: {@link headChannels} of `anchors`. */
  readonly channels: number;
  /** Anchors of a pixel. */
  readonly anchors: number;
  /** Anchors of an image, over all maps. */
  readonly rows: number;
  /** `first`: the first of the level's anchors. */
  readonly areas: readonly (MapArea & { readonly first: number })[];
}

interface Arrays {
  map: FloatArray;
  logits: FloatArray;
  deltas: FloatArray;
}

/** logits, deltas = the map's numbers in its areas. */
export function split({ map, logits, deltas }: Arrays, params: HeadParams): void {
  forEachPixel(params, (pixel, row) => {
    let from = pixel;
    for (let i = 4 * row; i < 4 * (row + params.anchors); i++) deltas[i] = map[from++]!;
    for (let i = row; i < row + params.anchors; i++) logits[i] = map[from++]!;
  });
}

/** map = logits, deltas in its areas; zeros elsewhere. */
export function merge({ map, logits, deltas }: Arrays, params: HeadParams): void {
  map.fill(0);
  forEachPixel(params, (pixel, row) => {
    let to = pixel;
    for (let i = 4 * row; i < 4 * (row + params.anchors); i++) map[to++] = deltas[i]!;
    for (let i = row; i < row + params.anchors; i++) map[to++] = logits[i]!;
  });
}

/** Every pixel of an area: its first element in the map, and the first of its anchors. */
function forEachPixel(p: HeadParams, copy: (pixel: number, row: number) => void): void {
  for (const { top, left, height, width, first } of p.areas) {
    for (let n = 0; n < p.images; n++) {
      let row = n * p.rows + first;
      for (let y = top; y < top + height; y++) {
        const line = (n * p.height + y) * p.width;
        for (let x = left; x < left + width; x++, row += p.anchors) {
          copy((line + x) * p.channels, row);
        }
      }
    }
  }
}
