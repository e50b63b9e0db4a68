/**
 * Checksums in our checkpoints: one of each tensor's bytes, and one of all names, shapes and
 * metadata, so that a flipped bit is found wherever it is.
 * @module
 */
import { crc32 } from "node:zlib";
import { DataError } from "../../runtime/errors.ts";
import type { Shape } from "../../runtime/shape.ts";
import type { WeightFile } from "./weight_file.ts";

/** The key of a safetensors file's metadata that holds `{name: crc32}` as JSON, 8 hex digits each. */
export const CHECKSUMS = "checksums";

/** In that map, the checksum of everything but the tensors' numbers; no tensor is called so. */
export const HEADER = "";

/** As long as any checksum: holds its place while the numbers are not known. */
export const NO_CHECKSUM = "00000000";

/** CRC-32 (as zip's) of a tensor's bytes, as 8 hex digits. */
export function checksumOf(data: Float32Array): string {
  return hex(crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)));
}

/** CRC-32 of names, shapes and metadata without the checksums. */
export function headerChecksum(
  metadata: Readonly<Record<string, string>>,
  tensors: Iterable<{ readonly name: string; readonly shape: Shape }>,
): string {
  const texts = Object.entries(metadata).filter(([key]) => key !== CHECKSUMS).toSorted(byKey);
  const shapes = Array.from(tensors, ({ name, shape }) => [name, [...shape]] as const);
  return hex(crc32(JSON.stringify([texts, shapes.toSorted(byKey)])));
}

/**
 * Compares a file with the checksums in it; one that has none (older checkpoints, other makers'
 * files) passes.
 * @throws DataError naming the first tensor that is not what was written.
 */
export function verifyChecksums({ path, metadata, tensors }: WeightFile): void {
  const text = metadata[CHECKSUMS];
  if (text === undefined) return;
  const expected = parseChecksums(text);
  const named = Array.from(tensors, ([name, { shape }]) => ({ name, shape }));
  if (expected === undefined || expected.get(HEADER) !== headerChecksum(metadata, named)) {
    throw new DataError(
      `${path} is damaged: the names, shapes or training state in it are not those that were written (checksum); use another checkpoint.`,
    );
  }
  for (const [name, { data }] of tensors) {
    if (expected.get(name) !== checksumOf(data)) {
      throw new DataError(
        `${path} is damaged: the numbers of ${name} are not those that were written (checksum); use another checkpoint.`,
      );
    }
  }
}

function parseChecksums(text: string): Map<string, string> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    return new Map(Object.entries(value).map(([name, sum]) => [name, String(sum)]));
  } catch {
    return undefined;
  }
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function hex(value: number): string {
  return value.toString(16).padStart(8, "0");
}
