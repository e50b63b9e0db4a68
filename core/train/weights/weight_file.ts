/** A file of weights, read: what every reader in this folder returns. @module */
import type { HostTensor } from "../../nn/state.ts";

/** The formats that can be read. */
export type WeightFormat = "safetensors" | "pth" | "pkl";

/** A file's tensors as float32 in canonical (PyTorch) layout, under the names that the file gives. */
export interface WeightFile {
  readonly path: string;
  readonly format: WeightFormat;
  /** Text that came with the tensors: safetensors metadata; empty for other formats. */
  readonly metadata: Readonly<Record<string, string>>;
  /** In the file's order. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
  /** What the file holds besides weights and was left alone: `optimizer`, `scheduler`, `iteration`, … */
  readonly ignored: readonly string[];
}
