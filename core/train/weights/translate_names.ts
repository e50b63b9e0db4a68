/** From the names that a file's maker gave its tensors to the original's. @module */
import type { HostTensor } from "../../nn/state.ts";
import { MOMENTUM } from "../checkpoint.ts";
import type { Config } from "../config_types.ts";
import { detectronNames } from "./detectron_names.ts";
import type { WeightFile } from "./weight_file.ts";

/**
 * A file's tensors under the original's names: Detectron's blobs renamed as the original does it.
 * Names that no rule knows stay. Momentum in checkpoints of ours is left out.
 */
export function translateNames(
  { format, tensors }: WeightFile,
  { RESNETS }: Config["MODEL"],
): ReadonlyMap<string, HostTensor> {
  if (format === "pkl") return detectronNames(tensors, { stageWithDcn: RESNETS.STAGE_WITH_DCN });
  return new Map([...tensors].filter(([name]) => !name.startsWith(MOMENTUM)));
}
