/** The gradient of the weight by Winograd's F(4×4, 3×3), in the manner of `correlation.ts`. */
import { type FloatArray, gemm } from "../../../../core/runtime/mod.ts";
import type { Geometry } from "../../extents/geometry.ts";
import { type Band, gridOf, INPUTS, OUTPUTS, PRODUCTS, spread, transformTiles } from "./tiles.ts";
import { transformFilterGradient, transformGradient, transformInput } from "./transforms.ts";
import { blocksOf, type Channels, type Workspace, workspaceOf } from "./workspace.ts";

/** dWeight = Gᵀ (Σ over tiles of (Bᵀ d B) ⊗ (A dOut Aᵀ)) G. */
export function weightWinograd(
  { x, dOut, dWeight }: { x: FloatArray; dOut: FloatArray; dWeight: FloatArray },
  g: Geometry,
): void {
  const source = { data: x, h: g.h, w: g.w, c: g.c };
  const target = { data: dOut, h: g.ho, w: g.wo, c: g.o };
  const work = workspaceOf(gridOf(g.n, target), { source: g.c, target: g.o, cut: "source" });
  const { at, slots, bands } = work;
  const toFactors = { to: at.factors, slot: slots.factors, rowAt: at.sourceRow };
  const toProducts = { to: at.products, slot: slots.products, rowAt: at.targetRow };
  const inputs = { maps: source, size: INPUTS, padding: g.padding, transform: transformInput };
  const gradients = { maps: target, size: OUTPUTS, padding: 0, transform: transformGradient };
  for (const band of bands) {
    transformTiles(work, { ...inputs, ...toFactors }, band);
    transformTiles(work, { ...gradients, ...toProducts }, band);
    for (const channels of blocksOf(work, g.c)) {
      addProducts(work, g, { band, ...channels });
      if (band === bands.at(-1)) filterGradientsOf(work, g, channels);
    }
  }
  dWeight.set(work.memory.subarray(at.taps, at.taps + dWeight.length));
}

/** filters[36][channels, o] = (or, after the first band, +=) factorsᵀ · products. */
function addProducts(
  { memory, grid, slots, at }: Workspace,
  { c, o }: Geometry,
  { band, first, channels }: Channels & { band: Band },
): void {
  for (let i = 0; i < PRODUCTS; i++) {
    const factors = at.factors + i * slots.factors + first;
    gemm({
      m: channels,
      n: o,
      k: band.rows * grid.across,
      a: { data: memory, offset: factors, stride: c, transpose: true },
      b: { data: memory, offset: at.products + i * slots.products, stride: o },
      c: { data: memory, offset: at.filters + i * slots.filters, stride: o },
      beta: band.first === 0 ? 0 : 1,
      inSeries: true,
    });
  }
}

/** The block's rows of each tap of dWeight = Gᵀ u G. */
function filterGradientsOf(
  { memory, slots, at }: Workspace,
  { c, o }: Geometry,
  { first, channels }: Channels,
): void {
  transformFilterGradient({
    source: memory,
    from: at.filters,
    fromStep: spread(slots.filters, 0),
    target: memory,
    to: at.taps + first * o,
    toStep: { row: 3 * c * o, column: c * o, tile: 0 },
    tiles: 1,
    channels: channels * o,
  });
}
