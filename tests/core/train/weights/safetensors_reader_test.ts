/** Safetensors of all number formats; headers that lie. */
import assert from "node:assert/strict";
import { concat, little, readBytes, refused } from "../../../_support/weight_files.ts";

/** A file of this header and these bytes. */
function safetensors(header: unknown, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const json = typeof header === "string" ? header : JSON.stringify(header);
  return concat(little(json.length, 8), json, data);
}

/** One tensor's entry. */
function entry(dtype: string, shape: readonly number[], offsets: readonly number[]): unknown {
  return { dtype, shape, data_offsets: offsets };
}

const NAME = "file.safetensors";

Deno.test("safetensors: every number format becomes float32", async () => {
  const cases: readonly (readonly [string, Uint8Array, readonly number[]])[] = [
    ["F64", new Uint8Array(Float64Array.of(0.1, -2).buffer), [Math.fround(0.1), -2]],
    ["F32", new Uint8Array(Float32Array.of(0.5, -2).buffer), [0.5, -2]],
    ["F16", Uint8Array.of(0x00, 0x3c, 0x01, 0x00, 0x00, 0xfc), [1, 2 ** -24, -Infinity]],
    ["BF16", Uint8Array.of(0xc0, 0x3f, 0x80, 0xff), [1.5, -Infinity]],
    ["I64", new Uint8Array(BigInt64Array.of(-(2n ** 40n)).buffer), [-(2 ** 40)]],
    ["U64", new Uint8Array(BigUint64Array.of(2n ** 63n).buffer), [2 ** 63]],
    ["I32", new Uint8Array(Int32Array.of(-70000).buffer), [-70000]],
    ["U32", new Uint8Array(Uint32Array.of(2 ** 31).buffer), [2 ** 31]],
    ["I16", new Uint8Array(Int16Array.of(-300).buffer), [-300]],
    ["U16", new Uint8Array(Uint16Array.of(60000).buffer), [60000]],
    ["I8", Uint8Array.of(0x80), [-128]],
    ["U8", Uint8Array.of(0xff), [255]],
    ["BOOL", Uint8Array.of(1, 0), [1, 0]],
  ];
  for (const [dtype, data, expected] of cases) {
    // A tensor of one byte before it: nothing is aligned then.
    const header = {
      a: entry("U8", [1], [0, 1]),
      b: entry(dtype, [expected.length], [1, 1 + data.length]),
      __metadata__: { made: "by hand" },
    };
    const file = await readBytes(safetensors(header, concat([7], data)), NAME);
    assert.equal(file.format, "safetensors");
    assert.deepEqual(file.metadata, { made: "by hand" });
    assert.deepEqual([...file.tensors.get("b")?.data ?? []], expected, dtype);
    assert.deepEqual(file.tensors.get("a"), { shape: [1], data: Float32Array.of(7) });
  }
});

Deno.test("safetensors: headers that lie are refused by the tensor's name", async () => {
  const eight = new Uint8Array(8);
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [{ w: entry("F32", [2], [0, 12]) }, /truncated within w/],
    [{ w: entry("F32", [3], [0, 8]) }, /gives w a size/],
    [{ w: entry("F32", [2 ** 31, 2 ** 31], [0, 8]) }, /gives w a size/],
    [{ w: entry("F8_E4M3", [8], [0, 8]) }, /holds w as F8_E4M3/],
    [{ w: entry("F32", [2], [8, 0]) }, /describes the tensor w wrongly/],
    [{ w: entry("F32", [-2], [0, 8]) }, /describes the tensor w wrongly/],
    [{ w: entry("F32", [2], [0]) }, /describes the tensor w wrongly/],
    [{ w: [] }, /describes the tensor w wrongly/],
    [{ w: entry("F32", [1], [4, 8]) }, /w where it does not follow/],
    [{ v: entry("F32", [2], [0, 8]), w: entry("F32", [1], [4, 8]) }, /w where it does not follow/],
    [{ w: entry("F32", [1], [0, 4]) }, /bytes that belong to no tensor/],
    ["{broken", /broken safetensors header/],
    [`{"a":${"[".repeat(50_000)}`, /broken safetensors header/],
  ];
  for (const [header, why] of cases) await refused(safetensors(header, eight), why, NAME);
  await refused(concat(little(2 ** 40, 8), "{"), /file of weights/, NAME);
});
