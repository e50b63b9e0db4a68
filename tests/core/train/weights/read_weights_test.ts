/** Files made by PyTorch, numpy and (in form) Detectron hold for us what they hold for PyTorch. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { DataError } from "../../../../core/runtime/errors.ts";
import { latin1Text } from "../../../../core/train/weights/pickle/values.ts";
import { readWeights } from "../../../../core/train/weights/read_weights.ts";
import {
  concat,
  little,
  pickled,
  pickledDict,
  readBytes,
  refused,
  torchZip,
  unicode,
  weightFixture,
  zipped,
} from "../../../_support/weight_files.ts";

interface Expected {
  readonly tensors: Record<string, { shape: number[]; data: number[] }>;
  readonly ignored: string[];
}

const EXPECTED: Readonly<Record<string, Expected>> = JSON.parse(
  await Deno.readTextFile(weightFixture("expected.json")),
);

for (const [name, { tensors, ignored }] of Object.entries(EXPECTED)) {
  Deno.test(`weights: ${name} holds what its maker put in`, async () => {
    const file = await readWeights(weightFixture(name));
    assert.equal(file.format, name.endsWith(".pth") ? "pth" : "pkl");
    assert.deepEqual(file.ignored, ignored);
    assert.deepEqual([...file.tensors.keys()], Object.keys(tensors));
    for (const [key, { shape, data }] of Object.entries(tensors)) {
      const found = file.tensors.get(key);
      assert.deepEqual(found?.shape, shape, key);
      assert.deepEqual([...found?.data ?? []], data, key);
    }
  });
}

Deno.test("weights: tensors that were one part of one storage are so still, and cost no more", async () => {
  const { tensors } = await readWeights(weightFixture("checkpoint_zip.pth"));
  const part = tensors.get("module.shared.part");
  assert.ok(part !== undefined && part === tensors.get("module.shared.again"));
});

Deno.test("weights: the content tells the format, not the name", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const [i, name] of ["bare_zip.pth", "bare_legacy.pth", "numpy_0.pkl"].entries()) {
      const path = join(folder, `${i}.safetensors`);
      await Deno.copyFile(weightFixture(name), path);
      const { tensors } = await readWeights(path);
      assert.deepEqual([...tensors.keys()], Object.keys(EXPECTED[name]?.tensors ?? {}));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("weights: numpy's arrays are found where numpy 2 moved them", async () => {
  for (const protocol of [2, 5]) {
    const bytes = await Deno.readFile(weightFixture(`numpy_${protocol}.pkl`));
    const text = latin1Text(bytes);
    // The name's length stands before it from protocol 4 on; a FRAME's length is no matter.
    const moved = text.replaceAll(/(.)numpy\.core\./gs, (whole, before: string) => {
      const letter = protocol === 5 ? String.fromCharCode(before.charCodeAt(0) + 1) : before;
      return whole.replace("numpy.core", "numpy._core").replace(before, letter);
    });
    assert.ok(moved.includes("numpy._core."), "the fixture names numpy.core");
    const { tensors } = await readBytes(concat(moved), "file.pkl");
    const expected = EXPECTED[`numpy_${protocol}.pkl`]?.tensors.fortran;
    assert.deepEqual([...tensors.get("fortran")?.data ?? []], expected?.data);
  }
});

Deno.test("weights: what is missing, empty or no file of weights is said to be so", async () => {
  await assert.rejects(readWeights("no/such.pth"), /There is no file no\/such\.pth/);
  await assert.rejects(readWeights(weightFixture(".")), DataError);
  await refused(new Uint8Array(0), /is empty/);
  await refused(concat("<!DOCTYPE html><html></html>"), /is a web page/);
  await refused(
    concat("version https://git-lfs.github.com/spec/v1\n"),
    /pointer to a file in Git LFS/,
  );
  await refused(new Uint8Array(64).fill(0xff), /no file of weights that can be read/);
  await refused(concat("\x80\x02}."), /holds no weights.*it is empty/);
  await refused(concat("\x80\x02}U\x03epoK\x07s."), /holds no weights.*it has epo/);
  await refused(concat("\x80\x02]."), /holds no weights.*no dict/);
});

Deno.test("weights: every truncation of every form is refused", async () => {
  const names = [
    "checkpoint_zip.pth",
    "checkpoint_legacy.pth",
    "bare_legacy.pth",
    "numpy_0.pkl",
    "numpy_2.pkl",
  ];
  for (const name of names) {
    const whole = await Deno.readFile(weightFixture(name));
    for (const part of [0.02, 0.3, 0.6, 0.9]) {
      await refused(whole.subarray(0, Math.floor(part * whole.length)), /file\.pth/);
    }
    await refused(whole.subarray(0, whole.length - 1), /file\.pth/);
  }
});

Deno.test("weights: a legacy file without its last bytes names the tensor that lacks them", async () => {
  const whole = await Deno.readFile(weightFixture("bare_legacy.pth"));
  await refused(whole.subarray(0, whole.length - 1), /lacks the numbers of \d\.\w+/);
  const checkpoint = await Deno.readFile(weightFixture("checkpoint_legacy.pth"));
  await refused(
    checkpoint.subarray(0, checkpoint.length - 1),
    /lacks the numbers of module|truncated/,
  );
});

/** Opcodes of what a storage's persistent id begins with, from the mark on. */
function storage(type: string, length: number): Uint8Array {
  return concat(
    "((",
    unicode("storage"),
    `ctorch\n${type}\n`,
    unicode("0"),
    unicode("cpu"),
    `K${String.fromCharCode(length)}`,
  );
}

Deno.test("weights: what newer versions of PyTorch write for rare tensors", async () => {
  const untyped = concat(storage("UntypedStorage", 16), "tQK\x01K\x02\x85K\x02\x85\x89}");
  const typed = concat(storage("IntStorage", 4), "tQK\x00K\x02\x85K\x01\x85\x89}t");
  const tensors = {
    unsigned: concat("ctorch._utils\n_rebuild_tensor_v3\n", untyped, "ctorch\nuint32\ntR"),
    attributes: concat(
      "ctorch._tensor\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_tensor_v2\n",
      "ctorch\nTensor\n",
      typed,
      "}",
      unicode("note"),
      "K\x01stR",
    ),
  };
  const numbers = new Uint8Array(Uint32Array.of(1, 2, 3, 0xffffffff).buffer);
  const file = await readBytes(zipped(torchZip(pickled(pickledDict(tensors)), { "0": numbers })));
  assert.deepEqual([...file.tensors.get("unsigned")?.data ?? []], [2, 2 ** 32]);
  assert.deepEqual([...file.tensors.get("attributes")?.data ?? []], [1, 2]);
});

Deno.test("weights: parts of storages, as the first versions of PyTorch shared them", async () => {
  const part = (start: number) =>
    concat(
      "ctorch._utils\n_rebuild_tensor\n",
      storage("FloatStorage", 4),
      `(${latin1Text(unicode("view"))}K${
        String.fromCharCode(start)
      }K\x02ttQK\x00K\x02\x85K\x01\x85tR`,
    );
  const legacy = (start: number) =>
    concat(
      pickled("\x8a\x0a", little(0x1950a86a20f9469cfc6cn, 10)),
      pickled("M\xe9\x03"),
      pickled(pickledDict({ little_endian: concat("\x88") })),
      pickled(pickledDict({ w: part(start) })),
      pickled("](", unicode("0"), "e"),
      little(4, 8),
      new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer),
    );
  const { tensors } = await readBytes(legacy(1));
  assert.deepEqual(tensors.get("w"), { shape: [2], data: Float32Array.of(2, 3) });
  await refused(legacy(3), /part of the storage 0 wrongly/);
});
