/** From the names that a file's maker gave its tensors to the original's. @module */
import type { HostTensor } from "../../nn/state.ts";
import { MOMENTUM } from "../checkpoint.ts";
import type { Config } from "../config_types.ts";
import { detectronNames } from "./detectron_names.ts";
import { mmdetectionNames } from "./name_maps/mmdetection.ts";
import { torchvisionNames } from "./name_maps/torchvision.ts";
import type { WeightFile } from "./weight_file.ts";

/**
 * A file's tensors under the original's names: Detectron's blobs renamed as the original does it,
 * others' as MODEL.WEIGHT_NAMES says.
 * Names that no rule knows stay. Momentum in checkpoints of ours is left out.
 */
export function translateNames(
  { format, tensors }: WeightFile,
  { RESNETS, ROI_BOX_HEAD, WEIGHT_NAMES }: Config["MODEL"],
): ReadonlyMap<string, HostTensor> {
  if (format === "pkl") return detectronNames(tensors, { stageWithDcn: RESNETS.STAGE_WITH_DCN });
  const weights = new Map([...tensors].filter(([name]) => !name.startsWith(MOMENTUM)));
  const options = { classes: ROI_BOX_HEAD.NUM_CLASSES };
  if (WEIGHT_NAMES === "torchvision") return torchvisionNames(weights, options);
  return WEIGHT_NAMES === "mmdetection" ? mmdetectionNames(weights, options) : weights;
}
