/** Reads a file of weights, whatever wrote it. @module */
import { type ByteSource, fault, FileSource } from "./byte_source.ts";
import { isSafetensors, parseSafetensors } from "./safetensors_reader.ts";
import { statePart } from "./state_part.ts";
import { readPickles } from "./torch_legacy.ts";
import { readTorchZip } from "./torch_zip.ts";
import type { WeightFile, WeightFormat } from "./weight_file.ts";
import { hostTensors, type Unpickled } from "./weight_tensors.ts";

/**
 * Reads a file's weights; the format is told by its content, not by its name: safetensors, PyTorch's
 * zip or legacy form, or a pickle of numpy arrays (Detectron's, written by Python 2).
 * @throws DataError naming the file, and the tensor or the global, where it is missing, broken, of
 *   no known format or asks for more than tensors; nothing in a file is ever executed.
 */
export async function readWeights(path: string): Promise<WeightFile> {
  using source = await FileSource.open(path);
  if (isSafetensors(source)) return parseSafetensors(source);
  const first = source.read(0, Math.min(4, source.size));
  if (startsWith(first, [0x50, 0x4b, 0x03, 0x04]) || startsWith(first, [0x50, 0x4b, 0x05, 0x06])) {
    return weightsOf(source, "pth", readTorchZip(source));
  }
  if (!isPickle(first)) throw foreign(source);
  const { isTorch, ...pickle } = readPickles(source);
  return weightsOf(source, isTorch ? "pth" : "pkl", pickle);
}

function weightsOf(source: ByteSource, format: WeightFormat, file: Unpickled): WeightFile {
  const { tensors, ignored } = statePart(source, file.value);
  const made = hostTensors(source, file, tensors);
  file.verify?.();
  return { path: source.path, format, metadata: {}, tensors: made, ignored };
}

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, i) => bytes[i] === byte);
}

/** Protocol 2 and above begin with 0x80; those before with `(`, `]`, `}` or the `c` of a global. */
function isPickle([first]: Uint8Array): boolean {
  return first !== undefined && [0x80, 0x28, 0x5d, 0x7d, 0x63].includes(first);
}

function foreign(source: ByteSource): Error {
  const start = new TextDecoder().decode(source.read(0, Math.min(64, source.size))).trimStart();
  if (start.startsWith("<")) {
    return fault(source, "is a web page, no file of weights", "download the file itself");
  }
  if (start.startsWith("version https://git-lfs")) {
    return fault(source, "is a pointer to a file in Git LFS", "fetch the file with git lfs pull");
  }
  return fault(
    source,
    "is no file of weights that can be read, or is damaged",
    "name a .safetensors, .pth or .pkl file",
  );
}
