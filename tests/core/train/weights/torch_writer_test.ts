/** What `torch.load` reads, read back by our own readers; tests/fixtures/export has PyTorch read it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { HostTensor } from "../../../../core/nn/state.ts";
import { pickle, pickleLong } from "../../../../core/train/weights/pickle_writer.ts";
import { readWeights } from "../../../../core/train/weights/read_weights.ts";
import { writeTorchLegacy, writeTorchZip } from "../../../../core/train/weights/torch_writer.ts";

/** Bits that a conversion would change, shapes without numbers, more tensors than a byte counts. */
function awkward(): Map<string, HostTensor> {
  const odd = new Float32Array(Uint32Array.of(0x7fc00001, 0x80000000, 1, 0x7f7fffff).buffer);
  return new Map<string, HostTensor>([
    ["a.weight", { shape: [2, 1, 2], data: odd }],
    ["scalar", { shape: [], data: Float32Array.of(-0.25) }],
    ["empty", { shape: [0, 4], data: new Float32Array(0) }],
    ["ä.βias", { shape: [70_000], data: Float32Array.from({ length: 70_000 }, (_, i) => i) }],
    ...Array.from({ length: 300 }, (_, i): [string, HostTensor] => [
      `layer.${i}`,
      { shape: [1], data: Float32Array.of(i) },
    ]),
  ]);
}

async function inFolder(body: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(join(folder, "file.pth"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function bits({ data }: HostTensor): Uint32Array {
  return new Uint32Array(data.buffer, data.byteOffset, data.length);
}

for (const [form, write] of [["zip", writeTorchZip], ["legacy", writeTorchLegacy]] as const) {
  Deno.test(`.pth, ${form} form: names, shapes and bits come back in their order`, () =>
    inFolder(async (path) => {
      const model = awkward();
      await write(path, { model, iteration: 90_000 });
      const file = await readWeights(path);
      assert.equal(file.format, "pth");
      assert.deepEqual(file.ignored, ["iteration"]);
      assert.deepEqual([...file.tensors.keys()], [...model.keys()]);
      for (const [name, tensor] of model) {
        const found = file.tensors.get(name)!;
        assert.deepEqual(found.shape, tensor.shape, name);
        assert.deepEqual(bits(found), bits(tensor), name);
      }
      await write(path, { model });
      assert.deepEqual((await readWeights(path)).ignored, []);
    }));
}

Deno.test(".pth, zip form: numbers begin at multiples of 64, as those of PyTorch", () =>
  inFolder(async (path) => {
    await writeTorchZip(path, { model: awkward() });
    const bytes = await Deno.readFile(path);
    const view = new DataView(bytes.buffer);
    let at = 0, entries = 0;
    for (; view.getUint32(at, true) === 0x04034b50; entries++) {
      const [name, extra] = [view.getUint16(at + 26, true), view.getUint16(at + 28, true)];
      const start = at + 30 + name + extra;
      assert.equal(start % 64, 0);
      at = start + view.getUint32(at + 18, true);
    }
    assert.equal(entries, 304 + 2);
  }));

Deno.test("pickles: integers as PyTorch's, and none that would lose its value", () => {
  const integer = (value: number) =>
    [...pickle({ kind: "integer", value }, { legacy: false })].slice(2, -1);
  assert.deepEqual(integer(255), [0x4b, 255]);
  assert.deepEqual(integer(256), [0x4a, 0, 1, 0, 0]);
  assert.deepEqual(integer(2 ** 31 - 1), [0x4a, 255, 255, 255, 127]);
  for (const value of [-1, 0.5, 2 ** 31]) assert.throws(() => integer(value), RangeError);
  // The sign's bit is kept free.
  assert.deepEqual([...pickleLong(0x80n)], [0x80, 2, 0x8a, 2, 0x80, 0, 0x2e]);
});
