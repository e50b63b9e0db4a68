/**
 * How far proposals' centres are off: the mean of |dx| and |dy| of their regression targets as encoded, weights
 * included. K_E is the k-th smallest of it (paper §4.2; the original's
 * models/…/dynamic_rcnn_r50_fpn_1x/network.py). No gradient.
 * @module
 */
import {
  defineKernel,
  type Dispatch,
  empty,
  gridFor,
  launch,
  type Tensor,
} from "../../core/runtime/mod.ts";
import source from "./forward.wgsl" with { type: "text" };
import { forward } from "./host.ts";

const shader = { source };

const kernel = defineKernel({
  name: "center_error",
  signature: { targets: "f32", out: "f32" },
  host: forward,
  wgsl: ({ count }: { count: number }): Dispatch[] => {
    const { grid, rowLength } = gridFor(count, 64);
    return [{ shader, uniforms: { count, row: rowLength }, grid }];
  },
});

/**
 * The mean of |dx| and |dy|.
 * @param targets f32 [N, P, 4]: encoded (dx, dy, dw, dh)
 * @returns f32 [N, P]
 */
export function centerError(targets: Tensor): Tensor {
  const out = empty(targets.device, targets.shape.slice(0, -1));
  launch(kernel, { targets, out }, { count: out.size });
  return out;
}
