/**
 * Where all that Winograd's convolution works on lies in {@link heapScratch}, in which bands of tiles and blocks of
 * channels it does so. That memory never shrinks: what the largest convolution takes, the process has for good.
 */
import { heapScratch } from "../../../../core/runtime/mod.ts";
import { type Band, bandsOf, type Grid, INPUTS, OUTPUTS, PRODUCTS, seenWidth } from "./tiles.ts";

/** Elements of the factors and products of a band: 16 MiB. With fewer tiles, the products are slower. */
const BAND_ELEMENTS = 1 << 22;

/** Elements of transformed filters at a time, where one band has all tiles: 9 MiB, which stay in the last-level cache. */
const FILTER_ELEMENTS = PRODUCTS << 16;

/** Taps of a filter. */
const TAPS = 9;

/** Bands and blocks, and where arrays begin in the memory. */
export interface Workspace {
  readonly memory: Float32Array;
  readonly grid: Grid;
  readonly bands: readonly Band[];
  /** Channels whose filters there is room for: all, unless one band has all tiles. */
  readonly block: number;
  /** Elements from one matrix to the next. */
  readonly slots: Readonly<Record<"filters" | "factors" | "products", number>>;
  readonly at: Readonly<
    Record<keyof Workspace["slots"] | "taps" | "sourceRow" | "targetRow", number>
  >;
}

/** Channels of both maps. Of the `cut` one, filters are made in blocks. */
export interface ChannelCounts {
  readonly source: number;
  readonly target: number;
  readonly cut: "source" | "target";
}

/** Channels `[first, first + channels)` of the maps that are cut. */
export interface Channels {
  readonly first: number;
  readonly channels: number;
}

/** Channels of all tiles of a band, as a rule, at most. */
export function tileElements(): number {
  return Math.floor(BAND_ELEMENTS / PRODUCTS);
}

/** The memory for source maps, whose tiles become factors, and target maps, whose tiles come with or from products. */
export function workspaceOf(grid: Grid, { source, target, cut }: ChannelCounts): Workspace {
  const [cutChannels, others] = cut === "source" ? [source, target] : [target, source];
  const least = blockOf(cutChannels, others);
  const all = grid.images * grid.down * grid.across;
  // One band of many tiles may take less room than the filters of all channels, which several would need.
  const isOne = PRODUCTS * (all * (source + target) + least * others) <=
    BAND_ELEMENTS + PRODUCTS * source * target;
  const bands = bandsOf(grid, isOne ? all : tileElements() / (source + target));
  const tiles = bands[0]!.rows * grid.across;
  const block = bands.length > 1 ? cutChannels : least;
  const slots = {
    filters: slotOf(others * block),
    factors: slotOf(tiles * source),
    products: slotOf(tiles * target),
  };
  const { at, size } = layout({
    taps: TAPS * source * target,
    filters: PRODUCTS * slots.filters,
    sourceRow: INPUTS * seenWidth(grid, INPUTS) * source,
    factors: PRODUCTS * slots.factors,
    products: PRODUCTS * slots.products,
    targetRow: OUTPUTS * seenWidth(grid, OUTPUTS) * target,
  });
  return { memory: heapScratch(size), grid, bands, block, slots, at };
}

/** All channels, block by block. */
export function blocksOf({ block }: Workspace, all: number): Channels[] {
  return Array.from({ length: Math.ceil(all / block) }, (_, index) => {
    const first = index * block;
    return { first, channels: Math.min(block, all - first) };
  });
}

/** Channels at a time, in blocks of about equal size, so that their filters stay in the cache. */
function blockOf(channels: number, others: number): number {
  const most = Math.max(64, Math.floor(FILTER_ELEMENTS / (PRODUCTS * others)));
  return Math.ceil(channels / Math.ceil(channels / most) / 4) * 4;
}

/**
 * Elements from one matrix of such a size to the next: they begin at different lines of the first-level cache, so that
 * transforms can write all of them by turns.
 */
function slotOf(elements: number): number {
  return Math.ceil(elements / 1024) * 1024 + 16;
}

/** Where arrays of such sizes begin one after the other, and where the last one ends. */
function layout<N extends string>(
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
