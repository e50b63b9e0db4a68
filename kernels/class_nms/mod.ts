/**
 * Class-wise NMS of the box head's results, on the device: per image and class the candidates are sorted by score and
 * suppressed greedily (filter_results in the original's dynamic_rcnn/det_opr/rcnn/post_processing.py). The limit of 100
 * an image follows on the host: core/detection/detections.ts. No gradient.
 * @module
 */
import {
  defineKernel,
  type Dispatch,
  empty,
  gridFor,
  launch,
  scope,
  type Tensor,
} from "../../core/runtime/mod.ts";
import { orderKey } from "../_shared/order_key.ts";
import orderKeySource from "../_shared/order_key.wgsl" with { type: "text" };
import { compactKeys, rankFound, segmentTable } from "../_shared/selection/mod.ts";
import { floatBits } from "../_shared/selection/order_keys.ts";
import { gatherBoxes } from "../compact_boxes/gather.ts";
import { MAX_BOXES, suppress } from "../nms/suppress.ts";
import keysSource from "./class_keys.wgsl" with { type: "text" };
import { classKeys, type ClassParams, writeKeep } from "./host.ts";
import keepSource from "./keep.wgsl" with { type: "text" };

const keysShader = { source: orderKeySource + keysSource };
const keepShader = { source: keepSource };

const keysKernel = defineKernel({
  name: "class_keys",
  signature: { scores: "f32", counts: "i32", keys: "u32", keep: "i32" },
  host: classKeys,
  wgsl: ({ images, ...uniforms }: ClassParams & { scoreKey: number }): Dispatch[] => {
    const size = images * uniforms.proposals * uniforms.classes;
    const { grid, rowLength } = gridFor(size, 64);
    return [{ shader: keysShader, uniforms: { ...uniforms, size, row: rowLength }, grid }];
  },
});

const keepKernel = defineKernel({
  name: "class_keep",
  signature: { sorted: "i32", mask: "i32", keep: "i32" },
  host: writeKeep,
  wgsl: ({ images, ...uniforms }: ClassParams): Dispatch[] => {
    const size = images * uniforms.proposals * (uniforms.classes - 1);
    const { grid, rowLength } = gridFor(size, 64);
    return [{ shader: keepShader, uniforms: { ...uniforms, size, row: rowLength }, grid }];
  },
});

/**
 * Which class boxes are detections.
 * @param inputs.scores f32 [N, P, C]: softmax, class 0 the background
 * @param inputs.boxes f32 [N, P, C, 4] (x1, y1, x2, y2), clipped
 * @param inputs.counts i32 [N]: proposals of each image in use
 * @param options.scoreThreshold candidates have strictly more (0.05 in the original)
 * @param options.iouThreshold a candidate is suppressed by a kept one of its class with a strictly larger IoU
 * @param options.offset sides are x2 − x1 + offset: 1, as in the original, where absent
 * @returns i32 [N, P, C]: 1 for the survivors of class ≥ 1, else 0; equal scores count in proposal order
 * @throws RangeError for fewer than two classes or more than 16384 proposals
 */
export function classNms(
  { scores, boxes, counts }: {
    readonly scores: Tensor;
    readonly boxes: Tensor;
    readonly counts: Tensor;
  },
  { scoreThreshold, iouThreshold, offset = 1 }: {
    readonly scoreThreshold: number;
    readonly iouThreshold: number;
    readonly offset?: number;
  },
): Tensor {
  const [images, proposals, classes] = scores.shape as [number, number, number];
  if (classes < 2 || proposals > MAX_BOXES) {
    throw new RangeError(
      `Cannot suppress ${proposals} proposals of ${classes} classes: there must be a class besides the background, and at most ${MAX_BOXES} proposals`,
    );
  }
  return scope(() => {
    const { device } = scores;
    const keep = empty(device, scores.shape, "i32");
    if (keep.size === 0) return keep;
    const lists = images * (classes - 1);
    const keys = empty(device, [lists, proposals], "u32");
    const shape = { images, proposals, classes };
    const [thresholdBits] = floatBits(Float32Array.of(scoreThreshold));
    launch(keysKernel, { scores, counts, keys, keep }, {
      ...shape,
      scoreKey: orderKey(thresholdBits!, false),
    });
    const table = segmentTable(device, [{ start: 0, size: proposals, k: proposals }]);
    const found = compactKeys(keys, table, { which: "all" });
    const sorted = rankFound(found, table);
    const ordered = gatherBoxes(boxes, { indices: sorted, counts: found.counts }, {
      capacity: proposals,
      layout: {
        rowsPerImage: classes - 1,
        imageStride: proposals * classes,
        indexStride: classes,
        offset: 1,
      },
    });
    const segment = { start: 0, size: proposals, keep: proposals };
    const mask = suppress({ boxes: ordered.boxes, valid: sorted }, {
      segments: [segment],
      threshold: iouThreshold,
      offset,
      validFrom: 0,
    });
    launch(keepKernel, { sorted, mask, keep }, shape);
    return keep;
  });
}
