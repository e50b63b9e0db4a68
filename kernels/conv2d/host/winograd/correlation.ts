/**
 * Convolution 3×3 of stride 1 in float32 by Winograd's F(4×4, 3×3) (`transforms.ts`): each tile of 4×4 outputs is 36 products
 * where the sums as written take 144, and each of the 36 is one matrix product over all tiles of a band: [tiles, inner
 * channels] · [inner, outer channels]. All of it lies in {@link heapScratch}, where transforms and products work in place.
 */
import { type FloatArray, gemm } from "../../../../core/runtime/mod.ts";
import type { Geometry } from "../../extents/geometry.ts";
import {
  type Band,
  gridOf,
  INPUTS,
  type Maps,
  OUTPUTS,
  placeOf,
  PRODUCTS,
  seenWidth,
  spread,
  storeRows,
  transformTiles,
} from "./tiles.ts";
import {
  transformFilter,
  transformInput,
  transformOutput,
  transformRectified,
} from "./transforms.ts";
import { blocksOf, type Channels, tileElements, type Workspace, workspaceOf } from "./workspace.ts";

/** The matrix of products that adds to every output of a tile alike: that of point 1 on both axes. */
const ALL_ALIKE = INPUTS + 1;

/** The fewest channels with which the transforms are worth it. */
const LEAST_CHANNELS = 32;

/** The fewest tiles that make up for transforming the filters, of few channels and of many. */
const LEAST_TILES = 24, LEAST_TILES_OF_MANY = 64;

/** Channels in times channels out: from here on they are many. */
const MANY = 1 << 14;

/** True where this way is possible and the faster one. */
export function isWinograd(g: Geometry, array: FloatArray): boolean {
  const isPlain = g.stride === 1 && g.dilation === 1 && g.groups === 1 && g.padding <= 2;
  if (!isPlain || g.kh !== 3 || g.kw !== 3 || g.ho < 1 || g.wo < 1) return false;
  const { images, down, across } = gridOf(g.n, { h: g.ho, w: g.wo });
  const fits = g.c % 4 === 0 && g.o % 4 === 0 && across * (g.c + g.o) <= tileElements();
  const leastTiles = g.c * g.o > MANY ? LEAST_TILES_OF_MANY : LEAST_TILES;
  return fits && array instanceof Float32Array && Math.min(g.c, g.o) >= LEAST_CHANNELS &&
    images * down * across >= leastTiles;
}

/** out = x ⋆ weight (+ bias) (then ReLU). */
export function forwardWinograd(
  { x, weight, bias, out }: {
    x: FloatArray;
    weight: FloatArray;
    bias: FloatArray;
    out: FloatArray;
  },
  g: Geometry & { readonly hasBias: boolean; readonly relu: boolean },
): void {
  correlate({
    images: g.n,
    source: { data: x, h: g.h, w: g.w, c: g.c },
    target: { data: out, h: g.ho, w: g.wo, c: g.o },
    padding: g.padding,
    weight,
    turned: false,
    bias: g.hasBias ? bias : undefined,
    relu: g.relu,
  });
}

/** dX = dOut ⋆ the turned weight, transposed tap by tap. */
export function inputWinograd(
  { dOut, weight, dX }: { dOut: FloatArray; weight: FloatArray; dX: FloatArray },
  g: Geometry,
): void {
  correlate({
    images: g.n,
    source: { data: dOut, h: g.ho, w: g.wo, c: g.o },
    target: { data: dX, h: g.h, w: g.w, c: g.c },
    padding: 2 - g.padding,
    weight,
    turned: true,
    bias: undefined,
    relu: false,
  });
}

/** A correlation with 3×3 taps, of which forward and the gradient of the input are both cases. */
interface Correlation {
  readonly images: number;
  readonly source: Maps;
  readonly target: Maps;
  readonly padding: number;
  readonly weight: FloatArray;
  /** True for the taps in reverse order, with the channels' roles exchanged. */
  readonly turned: boolean;
  readonly bias: FloatArray | undefined;
  readonly relu: boolean;
}

function correlate(shape: Correlation): void {
  const { source, target, padding } = shape;
  const grid = gridOf(shape.images, target);
  const work = workspaceOf(grid, { source: source.c, target: target.c, cut: "target" });
  const { at, slots } = work;
  const toFactors = { to: at.factors, slot: slots.factors, rowAt: at.sourceRow };
  const factors = { maps: source, size: INPUTS, padding, transform: transformInput, ...toFactors };
  work.memory.set(shape.weight, at.taps);
  for (const band of work.bands) {
    transformTiles(work, factors, band);
    fillBias(work, shape, band);
    for (const channels of blocksOf(work, target.c)) {
      if (band.first === 0) filtersOf(work, shape, channels);
      multiply(work, shape, { band, ...channels });
    }
    outputsOf(work, shape, band);
  }
}

/** The products begin as the bias where that reaches every output alike. */
function fillBias(
  { memory, grid, slots, at }: Workspace,
  { target: { c }, bias }: Correlation,
  { rows }: Band,
): void {
  if (!bias) return;
  const start = at.products + ALL_ALIKE * slots.products, size = rows * grid.across * c;
  memory.set(bias, start);
  for (let done = c; done < size; done *= 2) {
    memory.copyWithin(start + done, start, start + Math.min(done, size - done));
  }
}

/** filters[36] = G g Gᵀ: [inner, channels] of the block, or where they are turned its transpose, as they are stored. */
function filtersOf(
  { memory, at, slots }: Workspace,
  { source, target, turned }: Correlation,
  { first, channels }: Channels,
): void {
  const tap = source.c * target.c, turns = turned ? -1 : 1;
  const width = turned ? source.c : channels;
  transformFilter({
    source: memory,
    from: at.taps + (turned ? 8 * tap + first * source.c : first),
    fromStep: { row: turns * 3 * tap, column: turns * tap, tile: turned ? source.c : target.c },
    target: memory,
    to: at.filters,
    toStep: spread(slots.filters, width),
    tiles: turned ? channels : source.c,
    channels: width,
  });
}

/** products[36][tile, channels] = factors · filters. */
function multiply(
  { memory, grid, slots, at }: Workspace,
  { source, target, turned, bias }: Correlation,
  { band, first, channels }: Channels & { band: Band },
): void {
  for (let i = 0; i < PRODUCTS; i++) {
    const filters = { data: memory, offset: at.filters + i * slots.filters };
    gemm({
      m: band.rows * grid.across,
      n: channels,
      k: source.c,
      a: { data: memory, offset: at.factors + i * slots.factors, stride: source.c },
      b: { ...filters, stride: turned ? source.c : channels, transpose: turned },
      c: { data: memory, offset: at.products + i * slots.products + first, stride: target.c },
      beta: bias && i === ALL_ALIKE ? 1 : 0,
      inSeries: true,
    });
  }
}

/** target = Aᵀ m A (then ReLU), tile row by tile row. */
function outputsOf(
  { memory, grid, slots, at }: Workspace,
  { target, relu }: Correlation,
  band: Band,
): void {
  const { c } = target, width = seenWidth(grid, OUTPUTS);
  const transform = relu ? transformRectified : transformOutput;
  for (let row = 0; row < band.rows; row++) {
    transform({
      source: memory,
      from: at.products + row * grid.across * c,
      fromStep: spread(slots.products, c),
      target: memory,
      to: at.targetRow,
      toStep: { row: width * c, column: c, tile: OUTPUTS * c },
      tiles: grid.across,
      channels: c,
    });
    const place = placeOf(grid, band.first + row, 0);
    storeRows(memory, target, { ...place, at: at.targetRow, count: OUTPUTS, width });
  }
}
