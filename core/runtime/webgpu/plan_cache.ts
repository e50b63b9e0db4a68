/**
 * What kernels planned, ready to be recorded: a training step launches the same kernels with the same parameters as the
 * one before it, and only the tensors' memory may be another.
 * @module
 */
import { DeviceError } from "../errors.ts";
import {
  type Dispatch,
  type Kernel,
  MAX_GROUPS,
  type Plan,
  type PlanContext,
  type Signature,
  type View,
} from "../kernel.ts";
import type { Pipeline, PipelineCache } from "./pipelines.ts";
import { packUniforms, type StorageBinding } from "./wgsl_interface.ts";

/** A dispatch with everything but the tensors' memory. */
export interface PreparedDispatch {
  readonly pipeline: Pipeline;
  /** The bytes of the shader's `struct Params`. */
  readonly uniforms: Uint8Array;
  readonly grid: readonly [number, number, number];
  /** In the order of the pipeline's storage bindings. */
  readonly bindings: readonly PreparedBinding[];
}

/** What a dispatch binds: a tensor by its name, or a part of it. */
export interface PreparedBinding {
  readonly binding: StorageBinding;
  readonly tensor: string;
  readonly view: View | undefined;
}

/** Dispatches kept, of less than a KiB each; beyond that, all are planned and prepared anew. */
const DISPATCHES_KEPT = 16384;

/** Plans by kernel and parameters, and their dispatches. */
export class PlanCache {
  readonly #context: PlanContext;
  readonly #pipelines: PipelineCache;
  #plans = new WeakMap<object, Map<string, Plan>>();
  #prepared = new WeakMap<Plan, Map<string | undefined, readonly PreparedDispatch[]>>();
  #kept = 0;

  constructor(context: PlanContext, pipelines: PipelineCache) {
    this.#context = context;
    this.#pipelines = pipelines;
  }

  /** The plan of `kernel` for `params`. */
  get<S extends Signature, P>(kernel: Kernel<S, P>, params: P): Plan {
    if (this.#kept >= DISPATCHES_KEPT) this.#forget();
    const key = keyOf(params);
    if (key === undefined) return kernel.wgsl(params, this.#context);
    let plans = this.#plans.get(kernel);
    if (!plans) this.#plans.set(kernel, plans = new Map());
    const plan = plans.get(key) ?? kernel.wgsl(params, this.#context);
    plans.set(key, plan);
    return plan;
  }

  /** The dispatches of a plan, or of one of its alternatives; their shaders are compiled. */
  dispatches(
    plan: Plan,
    { kernel, variant }: { readonly kernel: string; readonly variant: string | undefined },
  ): readonly PreparedDispatch[] {
    let ways = this.#prepared.get(plan);
    if (!ways) this.#prepared.set(plan, ways = new Map());
    const known = ways.get(variant);
    if (known) return known;
    const planned = Array.isArray(plan) ? plan : plan.candidates[variant!]!();
    const made = planned.flatMap((dispatch) => this.#prepare(kernel, dispatch));
    ways.set(variant, made);
    this.#kept += 1 + made.length;
    return made;
  }

  #forget(): void {
    this.#plans = new WeakMap();
    this.#prepared = new WeakMap();
    this.#kept = 0;
  }

  /** None where the grid is empty. */
  #prepare(kernel: string, dispatch: Dispatch): PreparedDispatch[] {
    const { grid, shader } = dispatch;
    if (grid.includes(0)) return [];
    if (Math.max(...grid) > MAX_GROUPS) {
      throw new DeviceError(
        `Cannot launch ${kernel} as a grid of ${grid.join("×")} is above ${MAX_GROUPS} groups`,
      );
    }
    const pipeline = this.#pipelines.get(shader, kernel);
    const bindings = pipeline.wgsl.storage.map((binding) => ({
      binding,
      tensor: dispatch.tensors?.[binding.name] ?? binding.name,
      view: dispatch.views?.[binding.name],
    }));
    const uniforms = packUniforms(pipeline.wgsl.uniforms, dispatch.uniforms, kernel);
    return [{ pipeline, uniforms, grid, bindings }];
  }
}

/**
 * Text by which equal parameters are known, 0 and −0 being equal; undefined for those that JSON does not tell apart:
 * it has `null` for NaN and both infinities.
 */
function keyOf(params: unknown): string | undefined {
  const key = JSON.stringify(params);
  return key === undefined || key.includes("null") ? undefined : key;
}
