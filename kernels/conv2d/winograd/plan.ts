/**
 * Dispatches of 3×3 convolutions of stride 1 through Winograd's transforms (transforms.wgsl): the tiles of
 * the source and the filters are transformed, 36 matrix products multiply them, and what comes out is transformed
 * back. A quarter of the multiplications, for more memory traffic: pays where channels are many. The products
 * run as a grouped 1×1 convolution, tiles being its pixels: tiles `[tiles, 36, inner]`, filters `[inner, 36, outer]`,
 * products `[tiles, 36, outer]`. Results differ from the plain sums' by some 10⁻⁶ of the largest, the plain sums by
 * 3 · 10⁻⁷.
 * @module
 */
import type { Dispatch, Plan, PlanContext, Shader } from "../../../core/runtime/mod.ts";
import type { Geometry } from "../extents/geometry.ts";
import { forwardAxis } from "../extents/axis.ts";
import {
  fitsWindow,
  overWindows,
  packedBytes,
  type Pass,
  type Windows,
  windowsOf,
} from "../gather/windows.ts";
import { overTiles, type Tiling, tilingOf } from "../straight/plan_gather.ts";
import { DEPTHS } from "../straight/gather.ts";
import {
  type Correlation,
  filterDispatch,
  filterGradientDispatch,
  gradientDispatch,
  inputDispatch,
  outputDispatch,
  type Sizes,
} from "./transforms.ts";
import { filterRoom, PRODUCTS, type TileMaps, type TilePart, tileParts } from "./tile_parts.ts";

/** One way of computing, with the bytes of scratch tensors that it takes. */
export interface Scratched {
  readonly dispatches: () => Dispatch[];
  readonly scratch: Readonly<Record<string, number>>;
}

/** Plans of the products, which are convolutions of their own. */
export interface ProductPlans {
  /** tiles ⋆ filters. */
  readonly products: (g: Geometry, context: PlanContext) => Plan;
  /** The shader that multiplies by filters in uniform memory. */
  readonly uniform: Shader;
  /** The sums of tiles times products over the tiles. */
  readonly filterSums: (g: Geometry, context: PlanContext) => Dispatch[];
}

type CorrelationPlans = Pick<ProductPlans, "products" | "uniform">;

/** True where the geometry is one that these transforms are for. */
export function isWinograd(g: Geometry): boolean {
  const isPlain = g.stride === 1 && g.dilation === 1 && g.groups === 1 && g.padding <= 2;
  const isThree = g.kh === 3 && g.kw === 3;
  return isThree && isPlain && g.c % 4 === 0 && g.o % 4 === 0 && g.ho > 0 && g.wo > 0;
}

/** Destination = source ⋆ weight; undefined where the maps do not fit the bindings even row by row. */
export function winogradCorrelation(
  maps: Correlation,
  plans: CorrelationPlans,
  context: PlanContext,
): Scratched | undefined {
  const sizes = { inner: maps.source.c, outer: maps.destination.c };
  const parts = tileParts(maps, context);
  if (parts.length === 0 || filterElements(sizes) > filterRoom(context)) return undefined;
  const packing = packingOf(sizes, Math.max(...parts.map((part) => part.tiles)), context);
  const filters = packing ? PRODUCTS * packedBytes(packing.windows) : 4 * filterElements(sizes);
  const scratch = { ...scratchOf(parts, sizes), filters };
  function dispatches(): Dispatch[] {
    return [
      filterDispatch(sizes, maps, packing?.windows),
      ...parts.flatMap((part) => [
        inputDispatch("source", { part, maps, context }),
        ...correlate(plans, { tiles: part.tiles, sizes, packing }, context),
        outputDispatch(part, maps, context),
      ]),
    ];
  }
  return { dispatches, scratch };
}

/** How filters are packed for the kernel that multiplies by them. */
interface Packing {
  readonly windows: Windows;
  /** For straight lines; absent for uniform memory. */
  readonly tiling?: Tiling;
}

/** The packing of filters for `tiles` tiles; undefined where they are read from storage as they come. */
function packingOf(sizes: Sizes, tiles: number, context: PlanContext): Packing | undefined {
  const pass = passOf(sizes);
  const tiling = tilingOf(pass, PRODUCTS * tiles, context);
  // The transform writes no padding, so that all rows of a tile must be filters.
  const isWhole = sizes.inner % DEPTHS.usual === 0;
  if (tiling && isWhole && PRODUCTS * packedBytes(tiling.windows) <= context.maxBindingBytes) {
    return { windows: tiling.windows, tiling };
  }
  if (!context.isSoftware || !fitsWindow(context)) return undefined;
  return { windows: windowsOf(pass, tiles) };
}

/** tiles ⋆ filters: all products in one dispatch, or each by itself where the filters are read from uniform memory. */
function correlate(
  { products, uniform }: CorrelationPlans,
  run: { tiles: number; sizes: Sizes; packing: Packing | undefined },
  context: PlanContext,
): Dispatch[] {
  const { tiles, sizes, packing } = run;
  const tensors = { source: "tiles", bias: "filters", destination: "products" };
  const plan = products(productGeometry(tiles, sizes), context);
  return productDispatches(plan, context).flatMap((dispatch): Dispatch[] => {
    if (!packing) return [{ ...dispatch, tensors: { ...tensors, weight: "filters" } }];
    const { windows, tiling } = packing;
    const packed = { ...tensors, packed: "filters" };
    if (tiling) {
      const uniforms = { ...dispatch.uniforms, blocks: windows.blocks };
      const base = { uniforms, tensors: packed };
      return overTiles(tiling, { pixels: tiles, groups: PRODUCTS }, base);
    }
    return Array.from({ length: PRODUCTS }, (_, product) => {
      const uniforms = {
        ...dispatch.uniforms,
        blocks: windows.blocks,
        sourceBase: product * sizes.inner,
        destinationBase: product * sizes.outer,
      };
      return overWindows(
        windows,
        { pixels: tiles, skipped: product * windows.rowWindows * windows.blockWindows },
        { shader: uniform, uniforms, tensors: packed },
      );
    }).flat();
  });
}

/** The product of a row of tiles as a pass of one tap. */
function passOf({ inner, outer }: Sizes): Pass {
  const tap = forwardAxis(productGeometry(1, { inner, outer }), "w");
  return { y: tap, x: tap, inner, outer };
}

/** dWeight from x and dOut; undefined where the maps do not fit the bindings even row by row. */
export function winogradWeight(
  maps: TileMaps,
  { filterSums }: Pick<ProductPlans, "filterSums">,
  context: PlanContext,
): Scratched | undefined {
  const sizes = { inner: maps.source.c, outer: maps.destination.c };
  const parts = tileParts(maps, context);
  if (parts.length === 0 || filterElements(sizes) > filterRoom(context)) return undefined;
  const scratch = scratchOf(parts, sizes);
  function dispatches(): Dispatch[] {
    return [
      ...parts.flatMap((part, index) => [
        inputDispatch("x", { part, maps, context }),
        gradientDispatch(part, maps, context),
        ...filterSums(productGeometry(part.tiles, sizes), context).map((sums) => ({
          ...sums,
          uniforms: { ...sums.uniforms, accumulate: index === 0 ? sums.uniforms.accumulate! : 1 },
          tensors: { x: "tiles", dOut: "products", partial: "filters" },
        })),
      ]),
      filterGradientDispatch(sizes),
    ];
  }
  return { dispatches, scratch };
}

function filterElements({ inner, outer }: Sizes): number {
  return PRODUCTS * inner * outer;
}

/** Bytes of the scratch tensors: those of the largest part. */
function scratchOf(parts: readonly TilePart[], sizes: Sizes): Record<string, number> {
  const tiles = Math.max(...parts.map((part) => part.tiles));
  return {
    filters: 4 * filterElements(sizes),
    tiles: 4 * PRODUCTS * tiles * sizes.inner,
    products: 4 * PRODUCTS * tiles * sizes.outer,
  };
}

/** The products of a part as a grouped 1×1 convolution. */
function productGeometry(tiles: number, { inner, outer }: Sizes): Geometry {
  const one = { n: 1, w: 1, wo: 1, kh: 1, kw: 1, stride: 1, padding: 0, dilation: 1 };
  return {
    ...one,
    h: tiles,
    ho: tiles,
    c: PRODUCTS * inner,
    o: PRODUCTS * outer,
    groups: PRODUCTS,
  };
}

function productDispatches(plan: Plan, { isSoftware }: PlanContext): readonly Dispatch[] {
  if (Array.isArray(plan)) return plan;
  const candidate = plan.candidates[isSoftware ? "register" : "workgroup"];
  if (!candidate) throw new Error("Cannot plan products as the plan lacks a variant for them");
  return candidate();
}
