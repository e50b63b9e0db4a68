/** The gradient of the weight by Winograd's F(4×4, 3×3), in the manner of `correlation.ts`. */
import { copyMemory, type FloatArray, gemm } from "../../../../core/runtime/mod.ts";
import type { Geometry } from "../../extents/geometry.ts";
import {
  type Band,
  bandsOf,
  blockOf,
  type Channels,
  factorsOf,
  gridOf,
  INPUTS,
  inputWidth,
  layout,
  loadRows,
  type Maps,
  OUTPUTS,
  placeOf,
  PRODUCTS,
  slotOf,
  spread,
  tileElements,
  type Workspace,
} from "./tiles.ts";
import { transformFilterGradient, transformGradient } from "./transforms.ts";

/** dWeight = Gᵀ (Σ over tiles of (Bᵀ d B) ⊗ (A dOut Aᵀ)) G. */
export function weightWinograd(
  { x, dOut, dWeight }: { x: FloatArray; dOut: FloatArray; dWeight: FloatArray },
  g: Geometry,
): void {
  const source = { data: x, h: g.h, w: g.w, c: g.c };
  const target = { data: dOut, h: g.ho, w: g.wo, c: g.o };
  const grid = gridOf(g.n, target);
  const bands = bandsOf(grid, tileElements() / (g.c + g.o));
  const tiles = bands[0]!.rows * grid.across;
  const block = bands.length > 1 ? g.c : blockOf(g.c, g.o);
  const { at, size } = layout({
    weight: dWeight.length,
    filters: PRODUCTS * slotOf(g.o * block),
    source: INPUTS * inputWidth(grid) * Math.max(g.c, g.o),
    factors: PRODUCTS * slotOf(tiles * g.c),
    products: PRODUCTS * slotOf(tiles * g.o),
    target: 0,
  });
  const work: Workspace = { memory: copyMemory(size), grid, tiles, block, at };
  for (const band of bands) {
    factorsOf(work, { source, padding: g.padding }, band);
    gradientsOf(work, target, band);
    for (let first = 0; first < g.c; first += block) {
      const channels = Math.min(block, g.c - first);
      addProducts(work, g, { band, first, channels });
      if (band.first + band.rows === grid.images * grid.down) {
        filterGradientsOf(work, g, { first, channels });
      }
    }
  }
  dWeight.set(work.memory.subarray(at.weight, at.weight + dWeight.length));
}

/** products[36][tile, o] = A dOut Aᵀ of the band's tiles. */
function gradientsOf({ memory, grid, tiles, at }: Workspace, dOut: Maps, band: Band): void {
  const { c } = dOut, width = OUTPUTS * grid.across;
  for (let row = 0; row < band.rows; row++) {
    loadRows(memory, dOut, {
      ...placeOf(grid, band.first + row, 0),
      ...{ at: at.source, count: OUTPUTS, width, left: 0 },
    });
    transformGradient({
      from: at.source,
      fromStep: { row: width * c, column: c, tile: OUTPUTS * c },
      to: at.products + row * grid.across * c,
      toStep: spread(slotOf(tiles * c), c),
      tiles: grid.across,
      channels: c,
    });
  }
}

/** filters[36][channels, o] = (or, after the first band, +=) factorsᵀ · products. */
function addProducts(
  { memory, grid, tiles, block, at }: Workspace,
  { c, o }: Geometry,
  { band, first, channels }: Channels & { band: Band },
): void {
  for (let i = 0; i < PRODUCTS; i++) {
    const factors = at.factors + i * slotOf(tiles * c) + first;
    gemm({
      m: channels,
      n: o,
      k: band.rows * grid.across,
      a: { data: memory, offset: factors, stride: c, transpose: true },
      b: { data: memory, offset: at.products + i * slotOf(tiles * o), stride: o },
      c: { data: memory, offset: at.filters + i * slotOf(o * block), stride: o },
      beta: band.first === 0 ? 0 : 1,
      inSeries: true,
    });
  }
}

/** The block's part of dWeight = Gᵀ u G. */
function filterGradientsOf(
  { at, block }: Workspace,
  { c, o }: Geometry,
  { first, channels }: Channels,
): void {
  transformFilterGradient({
    from: at.filters,
    fromStep: spread(slotOf(o * block), 0),
    to: at.weight + first * o,
    toStep: { row: 3 * c * o, column: c * o, tile: 0 },
    tiles: 1,
    channels: channels * o,
  });
}
