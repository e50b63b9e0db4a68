/** Pickles made to run something, or to take time and memory: each is refused, by what it asks for. */
import assert from "node:assert/strict";
import { latin1Text } from "../../../../core/train/weights/pickle/values.ts";
import {
  type Bytes,
  concat,
  little,
  pickled,
  pickledDict,
  pickledTensor,
  readBytes,
  refused,
  stateZip,
  torchZip,
  unicode,
  weightFixture,
  zipped,
} from "../../../_support/weight_files.ts";

/** What stands in the file that hostile commands would write. */
const MARKER = "evil.txt";

/** A sound checkpoint with one entry more: `extra`, these opcodes. */
function beside(...extra: readonly Bytes[]): Uint8Array {
  return pickled(pickledDict({ w: pickledTensor(), extra: concat(...extra) }));
}

/** Looks that a pickle is refused as data.pkl of a zip, and as a file of its own. */
async function refusedEverywhere(pickle: Uint8Array, why: RegExp): Promise<void> {
  await refused(zipped(torchZip(pickle)), why);
  await refused(pickle, why, "file.pkl");
}

const COMMAND = `touch ${MARKER}`;

const CALLS: Readonly<Record<string, readonly Bytes[]>> = {
  "posix.system": ["cposix\nsystem\n", unicode(COMMAND), "\x85R"],
  "os.system": [unicode("os"), unicode("system"), "\x93", unicode(COMMAND), "\x85R"],
  "builtins.eval": ["cbuiltins\neval\n", unicode("1"), "\x85R"],
  "__builtin__.eval": ["(", unicode("1"), "i__builtin__\neval\n"],
  "subprocess.Popen": ["(csubprocess\nPopen\n", unicode(COMMAND), "o"],
  "builtins.getattr": ["cbuiltins\ngetattr\n", "cos\nsystem\n", "\x85R"],
  "argparse.Namespace": ["cargparse\nNamespace\n)\x81}b"],
  "copy_reg._reconstructor": [
    "ccopy_reg\n_reconstructor\n(c__main__\nX\nc__builtin__\nobject\nNtR",
  ],
  "torch.storage._load_from_bytes": ["ctorch.storage\n_load_from_bytes\nC\x01x\x85R"],
  "numpy.ndarray.__reduce__": [unicode("numpy.ndarray"), unicode("__reduce__"), "\x93"],
  "__main__.Model": ["c__main__\nModel\n)\x81"],
};

for (const [global, opcodes] of Object.entries(CALLS)) {
  Deno.test(`hostile: ${global} is refused by name, and nothing runs`, async () => {
    const named = new RegExp(`global ${RegExp.escape(global)},.*nothing in it was run`);
    await refusedEverywhere(pickled(...opcodes), named);
    await refused(zipped(torchZip(beside(...opcodes))), named);
    await assert.rejects(Deno.stat(MARKER), Deno.errors.NotFound);
  });
}

Deno.test("hostile: a call in the object of a legacy file is refused, before and behind its magic", async () => {
  const whole = await Deno.readFile(weightFixture("bare_legacy.pth"));
  const evil = pickled("cos\nsystem\n", unicode(COMMAND), "\x85R");
  await refused(concat(evil, whole), /os\.system/);
  // Behind the pickles of the magic number, the protocol and the machine stands the object.
  const stops = ["\x80\x02\x8a\x0a", "\x80\x02M", "\x80\x02}q\x00"].map((start) =>
    indexOf(whole, concat(start))
  );
  const object = indexOf(whole, concat("\x80\x02"), (stops.at(-1) ?? 0) + 1);
  assert.ok(stops.every((at) => at >= 0) && object > 0, "the fixture has its four pickles");
  await refused(concat(whole.subarray(0, object), evil), /os\.system/);
});

function indexOf(bytes: Uint8Array, part: Uint8Array, from = 0): number {
  for (let at = from; at + part.length <= bytes.length; at++) {
    if (part.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}

Deno.test("hostile: names that are allowed cannot be called, filled or rebuilt at will", async () => {
  await refusedEverywhere(pickled("cnumpy\nndarray\n)R"), /calls numpy\.ndarray/);
  await refusedEverywhere(pickled("ctorch\nfloat32\n)R"), /calls torch\.float32/);
  await refusedEverywhere(pickled("K\x01)R"), /calls what is no function/);
  await refusedEverywhere(pickled("ccollections\nOrderedDict\nK\x01R"), /calls without arguments/);
  await refusedEverywhere(pickled("ccollections\nOrderedDict\n}b"), /sets the state/);
  await refusedEverywhere(
    pickled("ccollections\nOrderedDict\n)}K\x01K\x01s\x92"),
    /named arguments/,
  );
  await refusedEverywhere(
    pickled("c_codecs\nencode\n", unicode("a"), unicode("rot13"), "\x86R"),
    /wrongly/,
  );
  await refusedEverywhere(pickled("\x82\x01"), /0x82 is no instruction/);
  await refusedEverywhere(concat("\x80\x09}."), /protocol 9/);
  await refused(pickled("K\x01Q"), /outside of it/, "file.pkl");
  await refused(zipped(torchZip(pickled("K\x01Q"))), /no storage of a tensor/);
});

Deno.test("hostile: lengths that the file does not have are refused before memory is taken", async () => {
  const huge = little(2 ** 31 - 1, 4);
  const vast = little(2n ** 62n, 8);
  for (const code of ["X", "T", "B"]) {
    await refusedEverywhere(pickled(code, huge), /truncated|claims/);
  }
  for (const code of ["\x8d", "\x8e", "\x96", "\x95"]) {
    await refusedEverywhere(pickled(code, vast), /truncated|claims/);
    await refusedEverywhere(pickled(code, little(2 ** 40, 8)), /truncated|claims/);
  }
  await refusedEverywhere(pickled("\x8b", huge), /integer of 2147483647 bytes/);
  await refusedEverywhere(
    pickled("\x8b", little(100_000, 4), new Uint8Array(100_000)),
    /integer of/,
  );
  await refusedEverywhere(pickled(`L${"9".repeat(100_000)}L\n`), /line in its pickle does not end/);
  await refusedEverywhere(pickled("cos"), /does not end/);
  await refusedEverywhere(pickled("r", little(0xffffffff, 4)), /takes a value where there is none/);
});

Deno.test("hostile: values nested without end, and loops, are refused", async () => {
  const deep = 100_000;
  await refusedEverywhere(pickled("]".repeat(deep), "a".repeat(deep - 1)), /nests/);
  await refusedEverywhere(pickled("N", "\x85".repeat(deep)), /nests/);
  await refusedEverywhere(pickled("(".repeat(deep), "l".repeat(deep)), /nests/);
  await refusedEverywhere(concat("(".repeat(deep), "."), /takes a value where there is none/);
  await refused(zipped(torchZip(beside("]", "]".repeat(deep), "a".repeat(deep)))), /nests/);
  await refusedEverywhere(pickled("]q\x00h\x00a"), /contains itself/);
  await refusedEverywhere(pickled("}q\x00", unicode("model"), "h\x00s"), /contains itself/);
  await refusedEverywhere(pickled("]q\x00(h\x00ta"), /contains itself/);
  await refusedEverywhere(pickled("h\x07"), /recalls/);
});

Deno.test("hostile: what doubles or repeats itself takes no more than its bytes", async () => {
  // Thirty lists, each of ten times the one before: harmless as long as nobody counts the leaves.
  const laughs = Array.from(
    { length: 30 },
    (_, i) => `](${`h${String.fromCharCode(i)}`.repeat(10)}eq${String.fromCharCode(i + 1)}`,
  );
  await refusedEverywhere(pickled("]q\x00", ...laughs), /no dict/);
  const sound = await readBytes(zipped(torchZip(beside("(]q\x00", ...laughs, "t"))));
  assert.deepEqual(sound.ignored, ["extra"]);
  const text = unicode("x".repeat(10_000));
  const encode = "c_codecs\nencode\n" + "h\x00h\x01\x86R";
  await refusedEverywhere(
    pickled(text, "q\x00", unicode("latin1"), "q\x01(", encode.repeat(1000), "t"),
    /without end/,
  );
  const items = "N".repeat(10_000);
  await refusedEverywhere(
    pickled(`(${items}tq\x00(`, "cbuiltins\nset\nh\x00\x85R".repeat(1000), "t"),
    /without end/,
  );
  const call = "ctorch._utils\n_rebuild_tensor\nh\x00R";
  await refusedEverywhere(pickled(`(${items}tq\x00`, call), /with 10000 arguments/);
  await refusedEverywhere(pickled("N0".repeat(2 ** 17 + 1)), /more than 262144 instructions/);
});

Deno.test("hostile: tensors that their storages do not have are refused by their names", async () => {
  const cases: readonly (readonly [Parameters<typeof pickledTensor>[0], RegExp])[] = [
    [{ length: 5 }, /tensor w,.*claims 20 bytes where its storage has 16/],
    [{ length: 3, shape: [3] }, /tensor w,.*claims 12 bytes/],
    [{ storage: "DoubleStorage" }, /tensor w,.*claims 32 bytes/],
    [{ length: 2 ** 52, shape: [2 ** 52] }, /tensor w,.*claims/],
    [{ shape: [5] }, /tensor w,.*reaches beyond its storage/],
    [{ offset: 1 }, /tensor w,.*beyond/],
    [{ shape: [2, 2], strides: [3, 1] }, /tensor w,.*beyond/],
    [{ shape: [2 ** 40, 2 ** 40], strides: [1, 1] }, /tensor w,.*beyond/],
    [{ shape: [2 ** 30], strides: [0] }, /tensor w,.*too large for this file/],
    [{ shape: [2 ** 30, 2 ** 30], strides: [0, 0] }, /tensor w,.*too large/],
    [{ shape: [4], strides: [-1] }, /calls torch\._utils\._rebuild_tensor_v2 wrongly/],
    [{ offset: -1, shape: [1] }, /wrongly/],
    [{ shape: [-4] }, /wrongly/],
    [{ shape: [4], strides: [1, 1] }, /wrongly/],
    [{ shape: Array(65).fill(1), strides: Array(65).fill(1) }, /wrongly/],
    [{ key: "1" }, /lacks the numbers of w/],
    [{ key: "../../0" }, /lacks the numbers of w/],
    [{ storage: "ComplexFloatStorage", length: 2, shape: [2] }, /tensor w,.*complex/],
    [{ storage: "QInt8Storage" }, /torch\.QInt8Storage/],
  ];
  for (const [options, why] of cases) {
    await refused(zipped(stateZip({ w: pickledTensor(options) })), why);
  }
  const sound = await readBytes(
    zipped(stateZip({ w: pickledTensor({ shape: [0, 9], strides: [9, 1] }) })),
  );
  assert.deepEqual(sound.tensors.get("w"), { shape: [0, 9], data: new Float32Array(0) });
});

Deno.test("hostile: many views of one storage become no more than its file allows", async () => {
  const views = Object.fromEntries(
    Array.from(
      { length: 100 },
      (_, i) => [`w${i}`, pickledTensor({ shape: [1 + i, 2 ** 20], strides: [0, 0] })],
    ),
  );
  await refused(zipped(stateZip(views)), /tensor w\d+,.*too large/);
});

Deno.test("hostile: arrays of numpy that contradict themselves are refused by their names", async () => {
  const array = (code: string, shape: Bytes, data: Bytes) =>
    pickled(pickledDict({
      w: concat(
        "cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85U\x01btR(K\x01",
        shape,
        `cnumpy\ndtype\nU\x02${code}K\x00K\x01\x87R\x89`,
        data,
        "tb",
      ),
    }));
  const eight = "U\x0812345678";
  await refused(
    array("f4", "K\x03\x85", eight),
    /tensor w,.*8 bytes where its shape is 3/,
    "a.pkl",
  );
  await refused(array("f4", "\x8a\x06\0\0\0\0\0\x01\x85", eight), /tensor w,.*8 bytes/, "a.pkl");
  await refused(array("f4", "J\xff\xff\xff\xff\x85", eight), /sets the state/, "a.pkl");
  await refused(array("S8", "K\x01\x85", eight), /numpy's type S8/, "a.pkl");
  await refused(array(">f", "K\x02\x85", eight), /numpy's type >f/, "a.pkl");
  await refused(array("O8", "K\x01\x85", "]"), /numpy's type O8/, "a.pkl");
  const fixture = latin1Text(await Deno.readFile(weightFixture("numpy_2.pkl")));
  await refused(concat(fixture.replaceAll("X\x01\0\0\0<", "X\x01\0\0\0>")), /tensor float,.*>f4/);
  const unset = pickledDict({ w: concat("cnumpy.core.multiarray\n_reconstruct\n)R") });
  await refused(pickled(unset), /tensor w,.*without numbers/, "a.pkl");
  const sound = await readBytes(array("f4", "K\x02\x85", "U\x08\0\0\x80?\0\0\0@"), "a.pkl");
  assert.deepEqual(sound.tensors.get("w"), { shape: [2], data: Float32Array.of(1, 2) });
});
