/**
 * torchvision's `fasterrcnn_resnet50_fpn` (torchvision 0.14, `models/detection/faster_rcnn.py`, and the names of older
 * releases, which the published `fasterrcnn_resnet50_fpn_coco-258fb6c6.pth` has), and its ResNets for ImageNet.
 *
 * What is done besides renaming:
 * - Classes are in the order of ours, background first. 91 rows (COCO's ids 0 to 90) become the 80 used and the
 *   background where the model has 81 classes; the softmax then goes without the ten ids that COCO never used.
 * - ε of batch norm: models of `nn.BatchNorm2d`, which count their batches, have 1e-5. Those of frozen batch norm
 *   have none: torchvision sets it to 0 for the published weights. Backbones for ImageNet: 1e-5.
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

const NAMES: NameTable = [
  ...bodyNames("backbone.body."),
  ...numbered(4, (n) => `backbone.fpn.inner_blocks.${n}`, "backbone.fpn.fpn_inner"),
  ...numbered(4, (n) => `backbone.fpn.inner_blocks.${n}.0`, "backbone.fpn.fpn_inner"),
  ...numbered(4, (n) => `backbone.fpn.layer_blocks.${n}`, "backbone.fpn.fpn_layer"),
  ...numbered(4, (n) => `backbone.fpn.layer_blocks.${n}.0`, "backbone.fpn.fpn_layer"),
  ["rpn.head.conv", "rpn_conv"],
  ["rpn.head.conv.0.0", "rpn_conv"],
  ["rpn.head.cls_logits", "rpn_cls_logits"],
  ["rpn.head.bbox_pred", "rpn_bbox_pred"],
  ["roi_heads.box_head.fc6", "fc6"],
  ["roi_heads.box_head.fc7", "fc7"],
  ["roi_heads.box_predictor.cls_score", "cls_score"],
  ["roi_heads.box_predictor.bbox_pred", "bbox_pred"],
];

/** Ids from 1 to 90 that no category of COCO has. */
const UNUSED = new Set([12, 26, 29, 30, 45, 66, 68, 69, 71, 83]);

/** Rows of torchvision's 91 classes that a model of 81 takes: the background and the used ids, ascending. */
export const COCO_ROWS: readonly number[] = Array.from({ length: 91 }, (_, id) => id)
  .filter((id) => !UNUSED.has(id));

const EPSILON = 1e-5;

/** The tensors under the original's names; files that are none of torchvision's stay as they are. */
export function torchvisionNames(
  tensors: ReadonlyMap<string, HostTensor>,
  { classes }: ForeignOptions,
): ReadonlyMap<string, HostTensor> {
  const names = [...tensors.keys()];
  if (names.includes("conv1.weight") && names.includes("layer1.0.conv1.weight")) {
    return withEpsilon(renamed(tensors, bodyNames("")), EPSILON);
  }
  if (!names.some((name) => name.startsWith("roi_heads."))) return tensors;
  const counted = names.some((name) => name.endsWith(".num_batches_tracked"));
  const whole = withEpsilon(renamed(tensors, NAMES), counted ? EPSILON : 0);
  const isCoco = whole.get("cls_score.bias")?.shape[0] === 91 && classes === COCO_ROWS.length;
  if (!isCoco) return whole;
  const scores = changed(whole, /^cls_score\./, (tensor) => arranged(tensor, COCO_ROWS, 1));
  return changed(scores, /^bbox_pred\./, (tensor) => arranged(tensor, COCO_ROWS, 4));
}
