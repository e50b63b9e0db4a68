/**
 * MMDetection 2 and 3's `dynamic_rcnn_r50_fpn_1x` (and its other two-stage detectors of a ResNet, an FPN, an RPN and a
 * head of two fully connected layers): `mmdet/models/backbones/resnet.py`, `necks/fpn.py`, `dense_heads/rpn_head.py`,
 * `roi_heads/bbox_heads/convfc_bbox_head.py`.
 *
 * What is done besides renaming:
 * - Classes: theirs has the background last and no box offsets for it; ours has it first and columns of zeros, which
 *   no detection uses.
 * - ε of batch norm is 1e-5.
 * @module
 */
import type { HostTensor } from "../../../nn/state.ts";
import {
  arranged,
  bodyNames,
  changed,
  type ForeignOptions,
  type NameTable,
  numbered,
  renamed,
  withEpsilon,
} from "./rename.ts";
import { torchvisionNames } from "./torchvision.ts";

/** Their names, and the original's. */
export const MMDETECTION_NAMES: NameTable = [
  ...bodyNames("backbone."),
  ...numbered(4, (n) => `neck.lateral_convs.${n}.conv`, "backbone.fpn.fpn_inner"),
  ...numbered(4, (n) => `neck.fpn_convs.${n}.conv`, "backbone.fpn.fpn_layer"),
  ["rpn_head.rpn_conv", "rpn_conv"],
  ["rpn_head.rpn_cls", "rpn_cls_logits"],
  ["rpn_head.rpn_reg", "rpn_bbox_pred"],
  ["roi_head.bbox_head.shared_fcs.0", "fc6"],
  ["roi_head.bbox_head.shared_fcs.1", "fc7"],
  ["roi_head.bbox_head.fc_cls", "cls_score"],
  ["roi_head.bbox_head.fc_reg", "bbox_pred"],
];

const EPSILON = 1e-5;

/**
 * The tensors under the original's names; files that are none of MMDetection's stay as they are, but for ResNets of
 * torchvision's, which its detectors start from.
 */
export function mmdetectionNames(
  tensors: ReadonlyMap<string, HostTensor>,
  options: ForeignOptions,
): ReadonlyMap<string, HostTensor> {
  const isTheirs = [...tensors.keys()].some((name) => /^(roi_head|rpn_head)\./.test(name));
  if (!isTheirs) return torchvisionNames(tensors, options);
  const whole = withEpsilon(renamed(tensors, MMDETECTION_NAMES), EPSILON);
  const scores = changed(whole, /^cls_score\./, (tensor) => {
    const last = (tensor.shape[0] ?? 1) - 1;
    return arranged(tensor, [last, ...Array.from({ length: last }, (_, i) => i)], 1);
  });
  return changed(scores, /^bbox_pred\./, (tensor) => {
    const own = Array.from({ length: (tensor.shape[0] ?? 0) / 4 }, (_, i) => i);
    return arranged(tensor, ["zeros", ...own], 4);
  });
}
