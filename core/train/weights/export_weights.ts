/** Writes a model's weights for other tools, under the original's names. @module */
import type { HostTensor } from "../../nn/state.ts";
import { sizeOf } from "../../runtime/shape.ts";
import type { Config } from "../config_types.ts";
import { anchorBuffers } from "./anchor_buffers.ts";
import type { FoundWeights } from "./load_weights.ts";
import type { WantedTensor } from "./match_weights.ts";
import { writeSafetensors } from "./safetensors_writer.ts";
import { writeTorchLegacy, writeTorchZip } from "./torch_writer.ts";

/** `pth`: PyTorch 1.6 and later; `pth-legacy`: any PyTorch; `safetensors`: any tool of that format. */
export const EXPORT_FORMATS = ["pth", "pth-legacy", "safetensors"] as const;

/** One of {@link EXPORT_FORMATS}. */
export type ExportFormat = typeof EXPORT_FORMATS[number];

/** What to write. */
export interface ExportOptions {
  readonly format: ExportFormat;
  /** The training iteration that the weights are of; left out where it is not known. */
  readonly iteration?: number;
}

/**
 * All that the original's network has as its state: each tensor of a model, in the model's order,
 * and the anchors. Statistics that the file took for neutral are written as 0 and 1.
 */
export function exportedTensors(
  wanted: readonly WantedTensor[],
  { tensors }: Pick<FoundWeights, "tensors">,
  model: Config["MODEL"],
): Map<string, HostTensor> {
  const all = wanted.map(({ name, shape }): [string, HostTensor] => {
    const neutral = () =>
      new Float32Array(sizeOf(shape)).fill(name.endsWith("running_var") ? 1 : 0);
    return [name, tensors.get(name) ?? { shape, data: neutral() }];
  });
  return new Map([...all, ...anchorBuffers(model)]);
}

/** Writes tensors atomically; `path`'s folder must be there. */
export async function writeExport(
  path: string,
  model: ReadonlyMap<string, HostTensor>,
  { format, iteration }: ExportOptions,
): Promise<void> {
  if (format === "pth") return await writeTorchZip(path, { model, iteration });
  if (format === "pth-legacy") return await writeTorchLegacy(path, { model, iteration });
  const sources = [...model].map(([name, { shape, data }]) => ({
    name,
    shape,
    read: () => Promise.resolve(data),
  }));
  // The metadata that the Python library writes and some loaders ask for.
  const metadata = { format: "pt", ...(iteration !== undefined && { iteration: `${iteration}` }) };
  await writeSafetensors(path, sources, metadata);
}
