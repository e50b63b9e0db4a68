/**
 * From the names of Detectron's blobs (Caffe2) to the original's parameters. The rules, and their
 * order, are those of the original's dynamic_rcnn/basemodels/c2_model_loading.py: each is applied to
 * all that the ones before it made.
 * @module
 */
import type { HostTensor } from "../../nn/state.ts";

type Rule = readonly [from: string, to: string];

/** Caffe2 separates all words by `_` and shortens `weight`, `bias` and an affine channel's `scale`. */
const WORDS: readonly Rule[] = [
  ["_", "."],
  [".w", ".weight"],
  [".bn", "_bn"],
  [".b", ".bias"],
  ["_bn.s", "_bn.weight"],
  [".biasranch", ".branch"],
  ["bbox.pred", "bbox_pred"],
  ["cls.score", "cls_score"],
  ["res.conv1_", "conv1_"],
];

const RPN: readonly Rule[] = [
  [".biasbox", ".bbox"],
  ["conv.rpn", "rpn.conv"],
  ["rpn.bbox.pred", "rpn.bbox_pred"],
  ["rpn.cls.logits", "rpn.cls_logits"],
];

/** Stages and blocks of a ResNet, by torchvision's names. */
const RESNET: readonly Rule[] = [
  ["conv1_bn.", "bn1."],
  ...[1, 2, 3, 4].map((stage): Rule => [`res${stage + 1}.`, `layer${stage}.`]),
  ...["a", "b", "c"].flatMap((branch, i): Rule[] => [
    [`.branch2${branch}.`, `.conv${i + 1}.`],
    [`.branch2${branch}_bn.`, `.bn${i + 1}.`],
  ]),
  [".branch1.", ".downsample.0."],
  [".branch1_bn.", ".downsample.1."],
];

const GROUP_NORM: readonly Rule[] = [
  ...[1, 2, 3].flatMap((i): Rule[] => [
    [`conv${i}.gn.s`, `bn${i}.weight`],
    [`conv${i}.gn.bias`, `bn${i}.bias`],
  ]),
  ["downsample.0.gn.s", "downsample.1.weight"],
  ["downsample.0.gn.bias", "downsample.1.bias"],
];

/** The last block of each stage, in: a pyramid's levels are named after them. */
const LAST_BLOCKS: readonly (readonly number[])[] = [[2], [3, 7], [5, 22, 35], [2]];

/** The original picks the names of one depth; here those of all, as no file has blocks of two. */
const PYRAMID: readonly Rule[] = [
  ...LAST_BLOCKS.flatMap((blocks, i) =>
    blocks.flatMap((block): Rule[] => {
      const [level, stage] = [i + 1, `layer${i + 1}.${block}.sum`];
      const lateral = level < LAST_BLOCKS.length ? ".lateral" : "";
      return [
        [`fpn.inner.${stage}${lateral}`, `fpn_inner${level}`],
        [`fpn.${stage}`, `fpn_layer${level}`],
      ];
    })
  ),
  ["rpn.conv.fpn2", "rpn.conv"],
  ["rpn.bbox_pred.fpn2", "rpn.bbox_pred"],
  ["rpn.cls_logits.fpn2", "rpn.cls_logits"],
];

const HEADS: readonly Rule[] = [
  ["mask.fcn.logits", "mask_fcn_logits"],
  [".[mask].fcn", "mask_fcn"],
  ["conv5.mask", "conv5_mask"],
  ["kps.score.lowres", "kps_score_lowres"],
  ["kps.score", "kps_score"],
  ["conv.fcn", "conv_fcn"],
  ["rpn.", "rpn.head."],
];

const RULES = [...WORDS, ...RPN, ...RESNET, ...GROUP_NORM, ...PYRAMID, ...HEADS];

/** Whole names that would otherwise collide with a detector's. */
const CLASSIFIER: ReadonlyMap<string, string> = new Map([
  ["pred_b", "fc1000_b"],
  ["pred_w", "fc1000_w"],
]);

/** How a model differs from the one that the blobs were trained as. */
export interface DetectronOptions {
  /** MODEL.RESNETS.STAGE_WITH_DCN: whether stage 2, 3, 4, 5 has deformable convolutions. */
  readonly stageWithDcn?: readonly boolean[];
}

/**
 * Detectron's blobs under the original's names, in the order of the blobs' names. Scale and bias of
 * an affine channel become a normalisation's weight and bias (its mean and variance keep their
 * initial 0 and 1); momentum is dropped; in stages with deformable convolutions `conv2` becomes
 * `conv2.conv`, whose offsets the file does not have.
 */
export function detectronNames(
  tensors: ReadonlyMap<string, HostTensor>,
  options: DetectronOptions = {},
): Map<string, HostTensor> {
  const renamed = new Map<string, HostTensor>();
  for (const [blob, tensor] of [...tensors].toSorted(([a], [b]) => a < b ? -1 : 1)) {
    if (blob.includes("_momentum")) continue;
    renamed.set(deformableName(originalName(blob), options.stageWithDcn ?? []), tensor);
  }
  return renamed;
}

function originalName(blob: string): string {
  const name = CLASSIFIER.get(blob) ?? blob;
  return RULES.reduce((text, [from, to]) => text.replaceAll(from, to), name);
}

function deformableName(name: string, stageWithDcn: readonly boolean[]): string {
  const isDeformable = stageWithDcn.some((has, i) => {
    const stage = has ? name.indexOf(`layer${i + 1}`) : -1;
    return stage >= 0 && name.includes("conv2", stage);
  });
  return isDeformable ? name.replaceAll(/conv2\.(weight|bias)/g, "conv2.conv.$1") : name;
}
