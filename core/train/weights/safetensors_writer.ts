/**
 * Writes the safetensors file format: an 8-byte little-endian header length, a JSON header
 * `{name: {dtype, shape, data_offsets}, __metadata__: {string: string}}`, then the tensors' bytes.
 * @module
 */
import { type Shape, sizeOf } from "../../runtime/shape.ts";
import { checksumOf, CHECKSUMS, HEADER, headerChecksum, NO_CHECKSUM } from "./checksums.ts";
import { writeAll, writeFileAtomically } from "../write_file.ts";

/** A tensor to write; its numbers are asked for only when their turn comes. */
export interface TensorSource {
  readonly name: string;
  readonly shape: Shape;
  read(): Promise<Float32Array<ArrayBuffer>>;
}

/**
 * Writes float32 tensors, atomically, with a checksum of each and of the rest (`checksums.ts`).
 * @throws Error where a source gives other than its shape's numbers; `path` is then as it was.
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly TensorSource[],
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  await writeFileAtomically(path, async (file) => {
    const sums: Record<string, string> = { [HEADER]: headerChecksum(metadata, tensors) };
    for (const { name } of tensors) sums[name] = NO_CHECKSUM;
    await writeAll(file, header(tensors, { ...metadata, [CHECKSUMS]: JSON.stringify(sums) }));
    for (const { name, shape, read } of tensors) {
      const data = await read();
      if (data.length !== sizeOf(shape)) throw new Error(`Cannot write ${name}: its size is wrong`);
      sums[name] = checksumOf(data);
      await writeAll(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
    // The same length again, now with what the numbers turned out to be.
    await file.seek(0, Deno.SeekMode.Start);
    await writeAll(file, header(tensors, { ...metadata, [CHECKSUMS]: JSON.stringify(sums) }));
  });
}

function header(
  tensors: readonly TensorSource[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const entries: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const { name, shape } of tensors) {
    const end = offset + sizeOf(shape) * 4;
    entries[name] = { dtype: "F32", shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(entries));
  const padded = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + padded).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(json, 8);
  return bytes;
}
