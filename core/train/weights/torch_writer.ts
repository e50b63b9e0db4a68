/**
 * Writes what `torch.load` reads: the zip form of PyTorch 1.6 and later, and the form before it,
 * which every PyTorch reads and the one that the original asks for (1.0.1) reads alone.
 * @module
 */
import type { HostTensor } from "../../nn/state.ts";
import { writeAll, writeFileAtomically } from "../write_file.ts";
import { type Entry, type Picklable, pickle, pickleLong } from "./pickle_writer.ts";
import { ZipWriter } from "./zip_writer.ts";

/** What a file holds: `{"model": OrderedDict, "iteration": int}`. */
export interface TorchContent {
  /** float32, in the order to write. */
  readonly model: ReadonlyMap<string, HostTensor>;
  /** Left out where absent. */
  readonly iteration?: number;
}

/** Begins a file of the legacy form, before its version. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const LEGACY_VERSION = 1001;

/** The zip form, atomically. */
export async function writeTorchZip(path: string, content: TorchContent): Promise<void> {
  await writeFileAtomically(path, async (file) => {
    const zip = new ZipWriter(file);
    await zip.add("archive/data.pkl", pickle(describe(content), { legacy: false }));
    for (const [key, { data }] of [...content.model.values()].entries()) {
      await zip.add(`archive/data/${key}`, bytesOf(data));
    }
    await zip.add("archive/version", new TextEncoder().encode("3\n"));
    await zip.end();
  });
}

/** The legacy form, atomically. */
export async function writeTorchLegacy(path: string, content: TorchContent): Promise<void> {
  const storages = [...content.model.values()];
  const keys = storages.map((_, key): Picklable => ({ kind: "text", value: `${key}` }));
  const legacy = { legacy: true };
  await writeFileAtomically(path, async (file) => {
    await writeAll(file, pickleLong(MAGIC));
    await writeAll(file, pickle({ kind: "integer", value: LEGACY_VERSION }, legacy));
    await writeAll(file, pickle(SYSTEM, legacy));
    await writeAll(file, pickle(describe(content), legacy));
    await writeAll(file, pickle({ kind: "list", items: keys }, legacy));
    for (const { data } of storages) {
      const count = new DataView(new ArrayBuffer(8));
      count.setBigInt64(0, BigInt(data.length), true);
      await writeAll(file, new Uint8Array(count.buffer));
      await writeAll(file, bytesOf(data));
    }
  });
}

/** What the legacy form says of the machine that wrote it. */
const SYSTEM: Picklable = {
  kind: "dict",
  entries: [
    ["protocol_version", { kind: "integer", value: LEGACY_VERSION }],
    ["little_endian", { kind: "true" }],
    ["type_sizes", {
      kind: "dict",
      entries: [["short", 2], ["int", 4], ["long", 4]].map(([name, value]): Entry => [
        String(name),
        { kind: "integer", value: Number(value) },
      ]),
    }],
  ],
};

function describe({ model, iteration }: TorchContent): Picklable {
  const tensors = [...model].map(([name, { shape }], key): Entry => [
    name,
    { kind: "tensor", tensor: { shape, storage: `${key}` } },
  ]);
  const entries: Entry[] = [["model", { kind: "ordered", entries: tensors }]];
  if (iteration !== undefined) entries.push(["iteration", { kind: "integer", value: iteration }]);
  return { kind: "dict", entries };
}

function bytesOf(data: Float32Array<ArrayBuffer>): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
