/** Copies between a head's map and the anchors' rows over typed arrays; shapes as in mod.ts. */
import { type FloatArray, runLoop, suitsRuns } from "../../core/runtime/mod.ts";
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
  const { channels, anchors } = params;
  for (const { pixel, row, count } of stretchesOf(params)) {
    const source = { array: map, from: pixel, step: channels };
    copyRuns(source, { array: deltas, from: 4 * row, step: 4 * anchors }, {
      length: 4 * anchors,
      count,
    });
    copyRuns(
      { ...source, from: pixel + 4 * anchors },
      { array: logits, from: row, step: anchors },
      { length: anchors, count },
    );
  }
}

/** map = logits, deltas in its areas; zeros elsewhere. */
export function merge({ map, logits, deltas }: Arrays, params: HeadParams): void {
  const { channels, anchors } = params;
  map.fill(0);
  for (const { pixel, row, count } of stretchesOf(params)) {
    const target = { array: map, from: pixel, step: channels };
    copyRuns({ array: deltas, from: 4 * row, step: 4 * anchors }, target, {
      length: 4 * anchors,
      count,
    });
    copyRuns(
      { array: logits, from: row, step: anchors },
      { ...target, from: pixel + 4 * anchors },
      { length: anchors, count },
    );
  }
}

/** Elements at equal distances: where the first run lies, and how far it is to the next. */
interface Runs {
  readonly array: FloatArray;
  readonly from: number;
  readonly step: number;
}

const copy = runLoop({ streams: ["x"], outputs: ({ x }) => ({ out: x }) });

/** Below this many elements, setting out costs more than the loop. */
const LEAST_SIZE = 512;

function copyRuns(
  source: Runs,
  target: Runs,
  { length, count }: { length: number; count: number },
): void {
  const x = source.array, out = target.array, arrays = { x, out };
  if (length * count >= LEAST_SIZE && suitsRuns(arrays, length)) {
    return copy(arrays, { length, count, at: { x: source, out: target } });
  }
  for (let run = 0; run < count; run++) {
    const from = source.from + run * source.step, to = target.from + run * target.step;
    for (let i = 0; i < length; i++) out[to + i] = x[from + i]!;
  }
}

/** Pixels of areas one after the other: the first one's first element in the map, and the first of its anchors. */
function* stretchesOf(p: HeadParams): Generator<{ pixel: number; row: number; count: number }> {
  for (const { top, left, height, width, first } of p.areas) {
    // Lines of the whole map follow each other.
    const isWhole = width === p.width, count = isWhole ? height * width : width;
    for (let n = 0; n < p.images; n++) {
      for (let y = 0; y < (isWhole ? 1 : height); y++) {
        const pixel = ((n * p.height + top + y) * p.width + left) * p.channels;
        yield { pixel, row: n * p.rows + first + y * width * p.anchors, count };
      }
    }
  }
}
