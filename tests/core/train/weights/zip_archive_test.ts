/** Zip archives that lie: what no honest program writes is refused, and by name. */
import assert from "node:assert/strict";
import { deflateRawSync } from "node:zlib";
import {
  concat,
  little,
  pickledTensor,
  readBytes,
  refused,
  stateZip,
  weightFixture,
  type ZipPart,
  zipped,
} from "../../../_support/weight_files.ts";

const SOUND = stateZip({ w: pickledTensor() });
const STORAGE = "archive/data/0";

/** A sound checkpoint's archive with other lies or data for one entry. */
function lying(name: string, change: Partial<ZipPart>): Uint8Array {
  return zipped(SOUND.map((part) => part.name === name ? { ...part, ...change } : part));
}

Deno.test("zip: the archive that the lies below begin with is sound", async () => {
  const { tensors } = await readBytes(zipped(SOUND));
  assert.deepEqual(tensors.get("w"), { shape: [4], data: new Float32Array(4) });
});

Deno.test("zip: a wrong checksum names the entry, read or not", async () => {
  for (const name of ["archive/data.pkl", STORAGE, "archive/version"]) {
    await refused(lying(name, { lies: { crc: 1 } }), new RegExp(`entry ${name}, .*checksum`));
  }
});

Deno.test("zip: a flipped bit of a tensor names the tensor", async () => {
  const lies = { crc: 1 };
  await refused(lying(STORAGE, { lies }), /the tensor w and is damaged: its checksum is wrong/);
});

Deno.test("zip: sizes that are not there are refused before memory is taken", async () => {
  for (const size of [17, 2 ** 20, 0xfffffffe]) {
    const lies = { size, packedSize: size };
    await refused(lying(STORAGE, { lies }), /overlaps|truncated/);
  }
  await refused(lying(STORAGE, { lies: { size: 17 } }), /two sizes/);
  await refused(lying(STORAGE, { lies: { size: 8, packedSize: 8 } }), /checksum|tensor w/);
  await refused(lying(STORAGE, { data: new Uint8Array(12) }), /tensor w,.*16 bytes.*has 12/);
  await refused(lying(STORAGE, { data: new Uint8Array(20) }), /tensor w,.*16 bytes.*has 20/);
  // The 64-bit marker without the record that it stands for.
  await refused(lying(STORAGE, { lies: { size: 0xffffffff, packedSize: 0xffffffff } }), /broken/);
  await refused(lying(STORAGE, { lies: { offset: 0xffffffff } }), /broken/);
});

Deno.test("zip: entries that unpack to more than they say, or than any file may, are refused", async () => {
  const packed = (data: Uint8Array, size: number): Partial<ZipPart> => ({
    data: new Uint8Array(deflateRawSync(data)),
    lies: { method: 8, size },
  });
  const bomb = packed(new Uint8Array(2 ** 20), 16);
  await refused(lying(STORAGE, bomb), /cannot be unpacked/);
  await refused(lying(STORAGE, packed(new Uint8Array(8), 16)), /does not have its size/);
  await refused(lying(STORAGE, packed(new Uint8Array(16), 0xfffffffe)), /claims to unpack/);
  await refused(lying(STORAGE, { lies: { method: 8 } }), /cannot be unpacked|checksum|size/);
  await refused(lying(STORAGE, { lies: { method: 99 } }), /unknown way/);
});

Deno.test("zip: names that lead out of a folder, and two of one name, are refused", async () => {
  const names = ["../evil", "a/../../evil", "/etc/evil", "C:evil", "a\\evil", "a\0b", "a/.."];
  for (const name of names) {
    await refused(zipped([...SOUND, { name, data: new Uint8Array(1) }]), /entry named/);
  }
  await refused(zipped([...SOUND, ...SOUND.slice(1, 2)]), /two entries named archive\/data\/0/);
  await refused(lying(STORAGE, { lies: { localName: "archive/data/1" } }), /another name/);
});

Deno.test("zip: entries that share their bytes are refused", async () => {
  await refused(lying(STORAGE, { lies: { offset: 0 } }), /overlaps/);
  await refused(lying(STORAGE, { lies: { offset: 5 } }), /overlaps/);
  await refused(lying("archive/version", { lies: { offset: 0xfffffff0 } }), /broken/);
});

Deno.test("zip: directories that claim more than they have are refused", async () => {
  await refused(zipped(SOUND, { count: 9 }), /directory is broken/);
  await refused(zipped(SOUND, { count: 0xffff }), /directory is broken/);
  await refused(concat("PK\x05\x06", Array(18).fill(0)), /without the data\.pkl/);
  await refused(concat("PK\x03\x04", Array(100).fill(0)), /truncated/);
  await refused(zipped(SOUND.slice(1)), /without the data\.pkl/);
  const [pickle] = SOUND;
  assert.ok(pickle);
  await refused(zipped([...SOUND, { ...pickle, name: "other/data.pkl" }]), /without the data\.pkl/);
  const script = { name: "archive/constants.pkl", data: new Uint8Array(1) };
  await refused(zipped([...SOUND, script]), /TorchScript/);
  const order = { name: "archive/byteorder", data: concat("big") };
  await refused(zipped([...SOUND, order]), /big-endian/);
});

Deno.test("zip: a zip64 directory is read where there is one, and its lies are refused", async () => {
  const whole = await Deno.readFile(weightFixture("bare_zip.pth"));
  const end = whole.length - 22;
  const directory = new DataView(whole.buffer, end);
  const [count, size, offset] = [
    directory.getUint16(10, true),
    directory.getUint32(12, true),
    directory.getUint32(16, true),
  ];
  const zip64 = (
    lies: { count?: number; size?: number; offset?: number; at?: number | bigint } = {},
  ) =>
    concat(
      whole.subarray(0, offset + size),
      concat("PK\x06\x06", little(44, 8), [45, 0, 45, 0], Array(8).fill(0)),
      little(lies.count ?? count, 8),
      little(lies.count ?? count, 8),
      little(lies.size ?? size, 8),
      little(lies.offset ?? offset, 8),
      concat("PK\x06\x07", little(0, 4), little(lies.at ?? offset + size, 8), little(1, 4)),
      concat("PK\x05\x06", Array(4).fill(0), Array(12).fill(0xff), [0, 0]),
    );
  const { tensors } = await readBytes(zip64());
  assert.equal(tensors.size, 7);
  for (
    const lies of [{ count: 2 ** 40 }, { size: 2 ** 50 }, { offset: 2 ** 50 }, { at: 2n ** 63n }, {
      at: 2 ** 50,
    }]
  ) {
    await refused(zip64(lies), /broken|truncated/);
  }
});
