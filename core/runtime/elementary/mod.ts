/** The kernels that tensors and the gradient tape cannot do without. */
import {
  alignedView,
  defineKernel,
  type Dispatch,
  type FloatArray,
  gridFor,
  type PlanContext,
  splitRange,
} from "../kernel.ts";
import type { Device } from "../device.ts";
import type { Shape } from "../shape.ts";
import { add as sumOfLanes } from "../cpu/simd/expression.ts";
import { suitsVectors, vectorLoop } from "../cpu/simd/vector_loop.ts";
import { empty, launch, type Tensor } from "../tensor.ts";
import addSource from "./add.wgsl" with { type: "text" };
import addIntoSource from "./add_into.wgsl" with { type: "text" };
import fillSource from "./fill.wgsl" with { type: "text" };
import sumSource from "./sum.wgsl" with { type: "text" };
import valuesSource from "./values.wgsl" with { type: "text" };

/** A kernel's text for numbers and for vectors of four. */
function shadersOf(source: string) {
  return {
    scalar: { source: `alias Value = f32;\n${valuesSource}${source}` },
    vec4: { source: `alias Value = vec4f;\n${valuesSource}${source}` },
  };
}

const fillShaders = shadersOf(fillSource);
const addIntoShaders = shadersOf(addIntoSource);
const sumShaders = shadersOf(sumSource);
const addShaders = shadersOf(addSource);

/** `out = value`; out f32 of `size` elements. */
export const fillKernel = defineKernel({
  name: "fill",
  signature: { out: "f32" },
  host: ({ out }, p: { size: number; value: number }) => void out.fill(p.value, 0, p.size),
  wgsl: (p, context) =>
    flatParts(p.size, context).map(({ view, grid, form, extent }): Dispatch => ({
      shader: fillShaders[form],
      uniforms: { ...extent, value: p.value },
      grid,
      views: { out: view },
    })),
});

/** `sum += x`; both f32 of `size` elements. */
export const addIntoKernel = defineKernel({
  name: "add_into",
  signature: { sum: "f32", x: "f32" },
  host: addIntoOnHost,
  wgsl: (p, context) =>
    flatParts(p.size, context).map(({ view, grid, form, extent }): Dispatch => ({
      shader: addIntoShaders[form],
      uniforms: extent,
      grid,
      views: { sum: view, x: view },
    })),
});

/** `out = a + b`; all f32 of `size` elements. */
export const addKernel = defineKernel({
  name: "add",
  signature: { out: "f32", a: "f32", b: "f32" },
  host: addOnHost,
  wgsl: (p, context) =>
    flatParts(p.size, context).map(({ view, grid, form, extent }): Dispatch => ({
      shader: addShaders[form],
      uniforms: extent,
      grid,
      views: { out: view, a: view, b: view },
    })),
});

/** `out = a + b + c (+ d (+ e))`, as many as `terms`; all f32 of `size` elements. */
const sumKernel = defineKernel({
  name: "sum",
  signature: { out: "f32", a: "f32", b: "f32", c: "f32", d: "f32", e: "f32" },
  host: ({ c, d, e, ...first }, { size, terms }: { size: number; terms: number }) => {
    addOnHost(first, { size });
    for (const x of [c, d, e].slice(0, terms - 2)) addIntoOnHost({ sum: first.out, x }, { size });
  },
  wgsl: ({ size, terms }, context) =>
    flatParts(size, context).map(({ view, grid, form, extent }): Dispatch => ({
      shader: sumShaders[form],
      uniforms: { ...extent, terms },
      grid,
      views: { out: view, a: view, b: view, c: view, d: view, e: view },
    })),
});

const addIntoByVectors = vectorLoop({
  streams: ["sum", "x"],
  outputs: ({ sum, x }) => ({ sum: sumOfLanes(sum, x) }),
});

function addIntoOnHost(
  arrays: { sum: FloatArray; x: FloatArray },
  { size }: { size: number },
): void {
  if (suitsVectors(arrays, { size })) return addIntoByVectors(arrays, { end: size });
  const { sum, x } = arrays;
  for (let i = 0; i < size; i++) sum[i]! += x[i]!;
}

const addByVectors = vectorLoop({
  streams: ["a", "b"],
  outputs: ({ a, b }) => ({ out: sumOfLanes(a, b) }),
});

function addOnHost(
  arrays: { out: FloatArray; a: FloatArray; b: FloatArray },
  { size }: { size: number },
): void {
  if (suitsVectors(arrays, { size })) return addByVectors(arrays, { end: size });
  const { out, a, b } = arrays;
  for (let i = 0; i < size; i++) out[i] = a[i]! + b[i]!;
}

/** Parts of tensors of `size`, in vectors where `form` says so, which `extent` counts then. */
function flatParts(size: number, context: PlanContext) {
  return splitRange(size, 1, context).map(({ start, end }) => {
    const { view, base } = alignedView(start, end, context);
    const isWide = base % 4 === 0 && (end - start) % 4 === 0;
    const numbers = isWide ? 4 : 1;
    const count = (end - start) / numbers;
    const { grid, rowLength: row } = gridFor(Math.ceil(count / 4), 64);
    const extent = { size: count, row, base: base / numbers };
    return { extent, view, grid, form: isWide ? "vec4" as const : "scalar" as const };
  });
}

/** A tensor of `shape` with every element `value`; f32. */
export function full(device: Device, shape: Shape, value: number): Tensor {
  const out = empty(device, shape);
  launch(fillKernel, { out }, { size: out.size, value });
  return out;
}

/** `sum += x`, in place; f32 of equal sizes. */
export function addInto(sum: Tensor, x: Tensor): void {
  launch(addIntoKernel, { sum, x }, { size: sum.size });
}

/** Terms that {@link sumOf} takes at most. */
export const MOST_TERMS = 5;

/**
 * The sum of 2 to {@link MOST_TERMS} tensors, from first to last; f32 of equal sizes. Not differentiable: the tape
 * uses it.
 */
export function sumOf(a: Tensor, b: Tensor, ...more: readonly Tensor[]): Tensor {
  const out = empty(a.device, a.shape), { size } = a;
  const [c, d = a, e = a] = more;
  if (c) launch(sumKernel, { out, a, b, c, d, e }, { size, terms: 2 + more.length });
  else launch(addKernel, { out, a, b }, { size });
  return out;
}
