import assert from "node:assert/strict";
import { join } from "node:path";
import { DataError } from "../../../../core/runtime/errors.ts";
import { readWeights } from "../../../../core/train/weights/read_weights.ts";
import { writeSafetensors } from "../../../../core/train/weights/safetensors_writer.ts";

const tensors = [
  { name: "a", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6.5) },
  { name: "empty", shape: [0, 4], data: new Float32Array(0) },
  { name: "scalar", shape: [], data: Float32Array.of(-0.25) },
];

async function inFolder(body: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(join(folder, "file.safetensors"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function write(path: string): Promise<void> {
  const sources = tensors.map(({ data, ...rest }) => ({
    ...rest,
    read: () => Promise.resolve(data),
  }));
  return writeSafetensors(path, sources, { note: 'ä "quoted"' });
}

Deno.test("safetensors writer: what is written is read back", () =>
  inFolder(async (path) => {
    await write(path);
    const file = await readWeights(path);
    const { checksums = "", ...metadata } = file.metadata;
    assert.deepEqual(metadata, { note: 'ä "quoted"' });
    assert.deepEqual(Object.keys(JSON.parse(checksums)), ["", "a", "empty", "scalar"]);
    for (const { name, shape, data } of tensors) {
      assert.deepEqual(file.tensors.get(name), { shape, data });
    }
    // The format's own layout: length, JSON, then numbers at a multiple of 8.
    const bytes = await Deno.readFile(path);
    assert.equal(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8, 0);
  }));

Deno.test("safetensors writer: a write that fails leaves the old file and no other", () =>
  inFolder(async (path) => {
    await write(path);
    const before = await Deno.readFile(path);
    const broken = [{
      name: "a",
      shape: [1],
      read: () => Promise.reject(new Error("no such number")),
    }];
    await assert.rejects(writeSafetensors(path, broken, {}), /no such number/);
    assert.deepEqual(await Deno.readFile(path), before);
    const names = [...Deno.readDirSync(join(path, ".."))].map(({ name }) => name);
    assert.deepEqual(names, ["file.safetensors"]);
  }));

Deno.test("safetensors writer: every truncation is a DataError that names the file", () =>
  inFolder(async (path) => {
    await write(path);
    const whole = await Deno.readFile(path);
    for (const length of [0, 7, 8, 20, whole.length - 5]) {
      await Deno.writeFile(path, whole.subarray(0, length));
      await assert.rejects(
        readWeights(path),
        (error) => error instanceof DataError && error.message.includes(path),
      );
    }
  }));
