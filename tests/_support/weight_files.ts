/** Files of weights for tests: the committed ones, and bytes put together by hand. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32 } from "node:zlib";
import { DataError } from "../../core/runtime/errors.ts";
import { readWeights } from "../../core/train/weights/read_weights.ts";
import type { WeightFile } from "../../core/train/weights/weight_file.ts";

const FIXTURES = join(dirname(fileURLToPath(import.meta.url)), "../fixtures/weights");

/** The path of a file that tests/fixtures/weights/make.py wrote. */
export function weightFixture(name: string): string {
  return join(FIXTURES, name);
}

/** What is read from a file with these bytes. */
export async function readBytes(bytes: Uint8Array, name = "file.pth"): Promise<WeightFile> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, name);
    await Deno.writeFile(path, bytes);
    return await readWeights(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Looks that a file with these bytes is refused by one sentence that names it and says `why`. */
export async function refused(bytes: Uint8Array, why: RegExp, name = "file.pth"): Promise<void> {
  await assert.rejects(readBytes(bytes, name), (error) => {
    assert.ok(error instanceof DataError, `not a DataError: ${error}`);
    assert.match(error.message, why);
    assert.ok(error.message.includes(name), error.message);
    assert.ok(error.message.length < 700 && !error.message.includes("\n"), error.message);
    return true;
  });
}

/** Text of one byte a character, or bytes. */
export type Bytes = string | Uint8Array | readonly number[];

/** Text (one byte a character) and bytes, one after the other. */
export function concat(...parts: readonly Bytes[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === "string" ? Array.from(part, (letter) => letter.charCodeAt(0)) : [...part]
    ),
  );
}

/** An integer's little-endian bytes. */
export function little(value: number | bigint, count: number): number[] {
  return Array.from({ length: count }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 255n));
}

/** `BINUNICODE`. */
export function unicode(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  return concat("X", little(bytes.length, 4), bytes);
}

/** Opcodes of a dict with text as keys; values are opcodes. */
export function pickledDict(entries: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const items = Object.entries(entries).map(([key, value]) => concat(unicode(key), value));
  return concat("}(", ...items, "u");
}

/** A protocol 2 pickle of these opcodes. */
export function pickled(...opcodes: readonly Bytes[]): Uint8Array {
  return concat("\x80\x02", ...opcodes, ".");
}

/** Opcodes of a tensor of PyTorch's; by default 4 floats in the storage `0`. */
export function pickledTensor(
  options: Partial<
    {
      storage: string;
      key: string;
      length: number;
      offset: number;
      shape: number[];
      strides: number[];
    }
  > = {},
): Uint8Array {
  const { storage = "FloatStorage", key = "0", length = 4, offset = 0 } = options;
  const { shape = [4], strides = [1] } = options;
  const integers = (values: readonly number[]) =>
    concat("(", ...values.map((value) => concat("\x8a\x08", little(value, 8))), "t");
  return concat(
    "ctorch._utils\n_rebuild_tensor_v2\n((",
    unicode("storage"),
    `ctorch\n${storage}\n`,
    unicode(key),
    unicode("cpu"),
    concat("\x8a\x08", little(length, 8)),
    "tQ",
    concat("\x8a\x08", little(offset, 8)),
    integers(shape),
    integers(strides),
    "\x89}tR",
  );
}

/** An entry of a zip archive, and lies to tell about it. */
export interface ZipPart {
  readonly name: string;
  readonly data: Uint8Array;
  readonly lies?: Partial<
    {
      crc: number;
      size: number;
      packedSize: number;
      method: number;
      offset: number;
      localName: string;
    }
  >;
}

/** A zip archive of stored entries. */
export function zipped(parts: readonly ZipPart[], endLies: { count?: number } = {}): Uint8Array {
  const local: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let offset = 0;
  for (const { name, data, lies = {} } of parts) {
    const sums = [
      ...little(lies.crc ?? crc32(data), 4),
      ...little(lies.packedSize ?? data.length, 4),
      ...little(lies.size ?? data.length, 4),
    ];
    const method = little(lies.method ?? 0, 2);
    const common = (
      name: string,
    ) => [20, 0, 0, 0, ...method, 0, 0, 0, 0, ...sums, ...little(name.length, 2), 0, 0];
    const localName = lies.localName ?? name;
    const entry = concat("PK\x03\x04", common(localName), localName, data);
    central.push(
      concat(
        "PK\x01\x02",
        [20, 0],
        common(name),
        Array(10).fill(0),
        little(lies.offset ?? offset, 4),
        name,
      ),
    );
    local.push(entry);
    offset += entry.length;
  }
  const directory = concat(...central);
  const count = little(endLies.count ?? parts.length, 2);
  const end = concat(
    "PK\x05\x06",
    [0, 0, 0, 0],
    count,
    count,
    little(directory.length, 4),
    little(offset, 4),
    [0, 0],
  );
  return concat(...local, directory, end);
}

/** PyTorch's zip form of a pickle and its storages. */
export function torchZip(
  pickle: Uint8Array,
  storages: Readonly<Record<string, Uint8Array>> = { "0": new Uint8Array(16) },
): ZipPart[] {
  return [
    { name: "archive/data.pkl", data: pickle },
    ...Object.entries(storages).map(([key, data]) => ({ name: `archive/data/${key}`, data })),
    { name: "archive/version", data: concat("3\n") },
  ];
}

/** The long way to say what `data.pkl` of a state_dict with these tensors is. */
export function stateZip(tensors: Readonly<Record<string, Uint8Array>>): ZipPart[] {
  return torchZip(pickled(pickledDict(tensors)));
}
