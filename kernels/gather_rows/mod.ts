/**
 * Gathers chosen rows of each image: sampled proposals, their labels and targets.
 * @module
 */
import {
  defineKernel,
  type Dispatch,
  empty,
  type FloatArray,
  formatShape,
  gridFor,
  launch,
  sizeOf,
  type Tensor,
} from "../../core/runtime/mod.ts";
import { expectShape } from "../_shared/expect_shape.ts";
import source from "./gather.wgsl" with { type: "text" };
import { type GatherParams, gatherRows as host } from "./host.ts";

const shader = { source };

const floatKernel = defineKernel({
  name: "gather_rows",
  signature: { values: "f32", indices: "i32", gathered: "f32" },
  host: host<FloatArray>,
  wgsl: (params: GatherParams) => plan(params, new Float32Array([params.fill]).buffer),
});

const integerKernel = defineKernel({
  name: "gather_rows",
  signature: { values: "i32", indices: "i32", gathered: "i32" },
  host: host<Int32Array>,
  wgsl: (params: GatherParams) => plan(params, new Int32Array([params.fill]).buffer),
});

function plan({ images, ...sizes }: GatherParams, fillBits: ArrayBuffer): Dispatch[] {
  const count = images * sizes.picked * sizes.columns;
  const { grid, rowLength: row } = gridFor(count, 64);
  const [fill = 0] = new Uint32Array(fillBits);
  return [{ shader, uniforms: { ...sizes, count, row, fill }, grid }];
}

/**
 * Rows of `values` by index, image by image. Not differentiable.
 * @param values f32 or i32 `[N, P, …]`
 * @param indices i32 `[N, B]`: below P, or negative for padding
 * @param options.fill what rows of padding hold; 0 where absent
 * @returns `[N, B, …]` of the values' dtype
 * @throws RangeError where the shapes do not fit; TypeError for u32 values
 */
export function gatherRows(
  values: Tensor,
  indices: Tensor,
  { fill = 0 }: { fill?: number } = {},
): Tensor {
  const [images, rows, ...rest] = values.shape;
  if (images === undefined || rows === undefined) {
    throw new RangeError(
      `Cannot gather rows as values must be [N, P, …]: their shape is ${formatShape(values.shape)}`,
    );
  }
  if (values.dtype === "u32") {
    throw new TypeError("Cannot gather rows as values must be f32 or i32: they are u32");
  }
  const picked = indices.shape[1] ?? 0;
  expectShape(indices, [images, picked], "indices of rows");
  const gathered = empty(values.device, [images, picked, ...rest], values.dtype);
  const params = { images, rows, picked, columns: sizeOf(rest), fill };
  if (values.dtype === "f32") launch(floatKernel, { values, indices, gathered }, params);
  else launch(integerKernel, { values, indices, gathered }, params);
  return gathered;
}
