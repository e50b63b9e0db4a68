/**
 * A kernel is one function of tensors that runs on either device: a host function over typed arrays
 * (in float32 it *is* the CPU device, in float64 the reference for tests) and one or more WGSL dispatches.
 * @module
 */

/** Element types that tensors have. */
export type DType = "f32" | "i32" | "u32";

/** What host code sees of an f32 tensor: float32 on the CPU device, float64 when it is the reference. */
export type FloatArray = Float32Array | Float64Array;

/** The typed array of each dtype in host code. */
export interface ArrayOf {
  f32: FloatArray;
  i32: Int32Array;
  u32: Uint32Array;
}

/** Names and dtypes of the tensors that a kernel takes. */
export type Signature = Readonly<Record<string, DType>>;

/** Typed arrays by the names of a signature. */
export type HostArrays<S extends Signature> = { [K in keyof S]: ArrayOf[S[K]] };

/** Numbers that a kernel takes besides tensors; they become WGSL uniforms by name. */
export type Params = Readonly<Record<string, number>>;

/** What a planner may know of the device. */
export interface PlanContext {
  /** Largest storage binding in bytes: 128 MiB on Mesa's software adapter. Split what is larger. */
  readonly maxBindingBytes: number;
  /** Alignment of a storage binding's offset, in elements of 4 bytes. */
  readonly offsetAlignment: number;
  /** Storage bindings of one dispatch; 8 everywhere. */
  readonly maxBindings: number;
  /** A CPU pretending to be a GPU: prefer register tiles, unrolled loops and no barriers. */
  readonly isSoftware: boolean;
}

/**
 * A part of a tensor, in elements: what one dispatch binds. `start` is rounded down to the binding
 * alignment by {@link alignedView}; the shader gets the difference as a uniform.
 */
export interface View {
  readonly start: number;
  readonly end: number;
}

/** One WGSL program. Objects are compared by identity: make them once, at module level. */
export interface Shader {
  /** WGSL text with `@group(0) @binding(0) var<uniform> params: Params;` and storage bindings by name. */
  readonly source: string;
  /** Entry point; `main` where absent. */
  readonly entry?: string;
  /** Values of `override` constants. */
  readonly constants?: Readonly<Record<string, number>>;
}

/** One execution of a shader. */
export interface Dispatch {
  readonly shader: Shader;
  /** Values of the members of the shader's `struct Params`, by name; all of them, no others. */
  readonly uniforms: Params;
  /** Workgroups along x, y, z. Zero anywhere skips the dispatch; each at most 65535. */
  readonly grid: readonly [number, number, number];
  /** Parts of tensors to bind; a tensor not named here is bound whole. */
  readonly views?: Readonly<Record<string, View>>;
  /** The tensor or scratch tensor behind a binding of the shader, where it has another name. */
  readonly tensors?: Readonly<Record<string, string>>;
}

/** Alternatives of one computation, between which measuring decides. */
export interface Variants {
  /** Shape class: plans with the same class share a choice. */
  readonly shapeClass: string;
  readonly candidates: Readonly<Record<string, () => Dispatch[]>>;
  /** Bytes of tensors that a candidate needs besides the kernel's, by name, for the time that it runs. */
  readonly scratch?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** The candidate used before anything was measured. */
  readonly first: string;
}

/** What a kernel's `wgsl` returns: what to run, or alternatives. */
export type Plan = Dispatch[] | Variants;

/** One function of tensors, on every device. */
export interface Kernel<S extends Signature, P> {
  readonly name: string;
  readonly signature: S;
  /** Computes outputs from inputs. Outputs hold arbitrary numbers on entry. */
  readonly host: (arrays: HostArrays<S>, params: P) => void;
  readonly wgsl: (params: P, context: PlanContext) => Plan;
  /** Operations of a matrix product, a multiplication and an addition being two; absent for all other kernels. */
  readonly flops?: (params: P) => number;
}

/** Declares a kernel; it only fixes the types. */
export function defineKernel<const S extends Signature, P>(kernel: Kernel<S, P>): Kernel<S, P> {
  return kernel;
}

/** Workgroups along each axis are at most this many (WebGPU's guaranteed limit). */
export const MAX_GROUPS = 65535;

/**
 * Workgroups for `count` invocations along one axis, folded into x and y when there are too many.
 * The shader's index is `id.x + id.y * groupsX * workgroupSize`; it gets `rowLength` as a uniform.
 */
export function gridFor(
  count: number,
  workgroupSize: number,
): { grid: [number, number, number]; rowLength: number } {
  const groups = Math.ceil(count / workgroupSize);
  const x = Math.min(groups, MAX_GROUPS);
  const y = x === 0 ? 0 : Math.ceil(groups / x);
  return { grid: [x, y, 1], rowLength: x * workgroupSize };
}

/** A view widened at its start to the binding alignment, and where the wanted elements begin in it. */
export function alignedView(
  start: number,
  end: number,
  context: PlanContext,
): { view: View; base: number } {
  const aligned = start - (start % context.offsetAlignment);
  return { view: { start: aligned, end }, base: start - aligned };
}

/**
 * Ranges of `[0, size)` elements such that each, with 4 bytes an element and its start aligned to a
 * binding offset, fits one binding. `unit` (a row, an image) is never cut.
 */
export function splitRange(
  size: number,
  unit: number,
  context: PlanContext,
): { start: number; end: number }[] {
  const room = Math.floor(context.maxBindingBytes / 4) - context.offsetAlignment;
  const perPart = Math.max(1, Math.floor(room / Math.max(1, unit))) * unit;
  const parts: { start: number; end: number }[] = [];
  for (let start = 0; start < size; start += perPart) {
    parts.push({ start, end: Math.min(size, start + perPart) });
  }
  return parts;
}
