/**
 * Deformable convolution over typed arrays: for a block of output pixels, each tap's bilinear values are written to a
 * row of columns, and a matrix product does the rest. Corners outside of the input count with weight 0.
 */
import { type FloatArray, gemm } from "../../core/runtime/mod.ts";
import type { MapPart } from "../_shared/map_parts.ts";
import * as convolution from "../conv2d/host.ts";
import { scratch } from "../conv2d/host/scratch.ts";
import { columnGeometry, type DeformGeometry } from "./geometry.ts";
import { addCorners, cornerSums, gatherCorners, TapPlacer } from "./host_taps.ts";

/** A geometry, and the parts that WGSL dispatches work on. */
export interface PartedGeometry extends DeformGeometry {
  readonly parts: readonly MapPart[];
}

export interface ForwardParams extends PartedGeometry {
  readonly hasBias: boolean;
}

export interface BackwardParams extends PartedGeometry {
  readonly needs: { readonly input: boolean; readonly offsets: boolean; readonly weight: boolean };
  /** Partial sums of the weight's gradient. */
  readonly splits: number;
}

/** Elements of the columns of a block: 4 MiB in float32, which stays in the last-level cache. */
const BLOCK_ELEMENTS = 1 << 20;

/** out = columns · weight (+ bias). */
export function forward(
  arrays: {
    input: FloatArray;
    offsets: FloatArray;
    weight: FloatArray;
    bias: FloatArray;
    out: FloatArray;
  },
  p: ForwardParams,
): void {
  const { weight, bias, out } = arrays;
  const placer = new TapPlacer(arrays.offsets, p);
  for (const { first, count } of blocks(p)) {
    const columns = scratch("deformed columns", count * p.taps * p.c, out);
    sample({ input: arrays.input, columns }, placer, { first, count });
    const product = { ...columnGeometry(p, count), hasBias: p.hasBias, relu: false };
    convolution.forward({ x: columns, weight, bias, out: out.subarray(first * p.o) }, product);
  }
}

/** The gradients that are needed; those of others hold arbitrary numbers. */
export function backward(
  arrays: {
    input: FloatArray;
    offsets: FloatArray;
    weight: FloatArray;
    dOut: FloatArray;
    dInput: FloatArray;
    dOffsets: FloatArray;
    dWeight: FloatArray;
  },
  p: BackwardParams,
): void {
  const { input, weight, dOut, dInput, dOffsets, dWeight } = arrays;
  const { needs } = p;
  if (needs.input) dInput.fill(0);
  if (needs.weight) dWeight.fill(0);
  const placer = new TapPlacer(arrays.offsets, p);
  for (const block of blocks(p)) {
    const columns = scratch("deformed columns", block.count * p.taps * p.c, dOut);
    if (needs.input || needs.offsets) {
      const product = columnGeometry(p, block.count);
      const rows = dOut.subarray(block.first * p.o);
      convolution.backwardInput({ dOut: rows, weight, dX: columns }, product);
      if (needs.offsets) offsetGradient({ input, columns, dOffsets }, placer, block);
      if (needs.input) inputGradient({ columns, dInput }, placer, block);
    }
    if (!needs.weight) continue;
    sample({ input, columns }, placer, block);
    addWeightGradient({ columns, dOut, dWeight }, p, block);
  }
}

/** Output pixels, counted over all images. */
interface Block {
  readonly first: number;
  readonly count: number;
}

function blocks(g: DeformGeometry): Block[] {
  const pixels = g.n * g.ho * g.wo;
  const most = Math.max(16, Math.floor(BLOCK_ELEMENTS / (g.taps * g.c)));
  // Blocks of equal size: a short last one would run at a fraction of the speed.
  const each = Math.ceil(pixels / Math.max(1, Math.ceil(pixels / most)));
  const result = [];
  for (let first = 0; first < pixels; first += each) {
    result.push({ first, count: Math.min(each, pixels - first) });
  }
  return result;
}

/** columns = mask · bilinear values; see common.wgsl for their order. */
function sample(
  { input, columns }: { input: FloatArray; columns: FloatArray },
  placer: TapPlacer,
  block: Block,
): void {
  placer.forEach(block, (tap, at, channel) => {
    if (tap.isInside) gatherCorners({ input, columns }, tap, { at, channel });
    else columns.fill(0, at, at + tap.run);
  });
}

/** dOffsets of the block's pixels, from the columns' gradient. */
function offsetGradient(
  { input, columns, dOffsets }: { input: FloatArray; columns: FloatArray; dOffsets: FloatArray },
  placer: TapPlacer,
  { first, count }: Block,
): void {
  const { offsetChannels } = placer.geometry;
  dOffsets.fill(0, first * offsetChannels, (first + count) * offsetChannels);
  placer.forEach({ first, count }, (tap, at, channel) => {
    if (!tap.isInside) return;
    const sums = cornerSums({ input, columns }, tap, { at, channel });
    const { lowY, lowX, highY, highX, mask } = tap;
    dOffsets[tap.offset]! += mask *
      (lowX * (sums.bottomLeft - sums.topLeft) + highX * (sums.bottomRight - sums.topRight));
    dOffsets[tap.offset + 1]! += mask *
      (lowY * (sums.topRight - sums.topLeft) + highY * (sums.bottomRight - sums.bottomLeft));
    if (tap.maskOffset < 0) return;
    const value = lowY * (lowX * sums.topLeft + highX * sums.topRight) +
      highY * (lowX * sums.bottomLeft + highX * sums.bottomRight);
    dOffsets[tap.maskOffset]! += value * mask * (1 - mask);
  });
}

/** dInput += the columns' gradient at each tap's corners. */
function inputGradient(
  { columns, dInput }: { columns: FloatArray; dInput: FloatArray },
  placer: TapPlacer,
  block: Block,
): void {
  placer.forEach(block, (tap, at, channel) => {
    if (tap.isInside) addCorners({ columns, dInput }, tap, { at, channel });
  });
}

/** dWeight += columnsᵀ · dOut. */
function addWeightGradient(
  { columns, dOut, dWeight }: { columns: FloatArray; dOut: FloatArray; dWeight: FloatArray },
  g: DeformGeometry,
  { first, count }: Block,
): void {
  const depth = g.taps * g.c, perGroup = depth / g.groups, outputs = g.o / g.groups;
  for (let group = 0; group < g.groups; group++) {
    gemm({
      m: perGroup,
      n: outputs,
      k: count,
      a: { data: columns, offset: group * perGroup, stride: depth, transpose: true },
      b: { data: dOut, offset: first * g.o + group * outputs, stride: g.o },
      c: { data: dWeight, offset: group * outputs, stride: g.o },
      beta: 1,
    });
  }
}
