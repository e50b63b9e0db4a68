/**
 * Packs losses, statistics and counts into one tensor, so that a step's report is one download. Not
 * differentiable.
 * @module
 */
import {
  ceilDiv,
  defineKernel,
  type Dispatch,
  empty,
  launch,
  type Tensor,
} from "../../core/runtime/mod.ts";
import * as host from "./host.ts";
import packSource from "./pack.wgsl" with { type: "text" };

const shader = { source: packSource };

interface PackParams {
  readonly size: number;
  readonly first: number;
}

function dispatch({ size, first }: PackParams, integer: number): Dispatch[] {
  return [{ shader, uniforms: { size, first, integer }, grid: [ceilDiv(size, 32), 1, 1] }];
}

const packFloatsKernel = defineKernel({
  name: "pack_scalars",
  signature: { values: "f32", report: "f32" },
  host: host.pack,
  wgsl: (params: PackParams) => dispatch(params, 0),
});

const packIntegersKernel = defineKernel({
  name: "pack_scalars_i32",
  signature: { values: "i32", report: "f32" },
  host: host.pack,
  wgsl: (params: PackParams) => dispatch(params, 1),
});

/**
 * The numbers of all tensors, one after another; NaN and Inf as they are.
 * @param scalars f32 or i32 (converted; exact up to 2^24), of any shape but small: a few numbers each
 * @returns f32 [total number of elements]
 * @throws RangeError where there is no tensor
 */
export function packScalars(scalars: readonly Tensor[]): Tensor {
  const device = scalars[0]?.device;
  if (!device) throw new RangeError("Cannot pack no tensors");
  const total = scalars.reduce((sum, { size }) => sum + size, 0);
  const report = empty(device, [total]);
  let first = 0;
  for (const values of scalars) {
    const params = { size: values.size, first };
    if (values.dtype === "i32") launch(packIntegersKernel, { values, report }, params);
    else launch(packFloatsKernel, { values, report }, params);
    first += values.size;
  }
  return report;
}
