/** Whatever happens to a sound file's bytes, the reader ends with weights or with a DataError. */
import fc from "fast-check";
import assert from "node:assert/strict";
import { join } from "node:path";
import { DataError } from "../../../../core/runtime/errors.ts";
import { readWeights } from "../../../../core/train/weights/read_weights.ts";
import { concat, little, weightFixture } from "../../../_support/weight_files.ts";

/** A change of some bytes: at a part of the file, `removed` bytes become `bytes`. */
const CHANGE = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  removed: fc.constantFrom(0, 1, 1, 1, 4, 100),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 1 }),
    fc.uint8Array({ maxLength: 8 }),
    fc.constantFrom(new Uint8Array(4).fill(0xff), new Uint8Array(8), Uint8Array.of(0xff, 0x7f)),
  ),
});

function changed(bytes: Uint8Array, { at, removed, bytes: put }: Change): Uint8Array {
  const start = Math.floor(at * bytes.length);
  return concat(bytes.subarray(0, start), put, bytes.subarray(start + removed));
}

type Change = typeof CHANGE extends fc.Arbitrary<infer T> ? T : never;

/** Reads a file; what it throws besides DataErrors is thrown on. */
async function readOrRefuse(path: string): Promise<"read" | "refused"> {
  try {
    await readWeights(path);
    return "read";
  } catch (error) {
    if (error instanceof DataError && error.message.includes(path)) return "refused";
    throw error;
  }
}

const SAFETENSORS = (() => {
  const json = '{"a":{"dtype":"F16","shape":[2,2],"data_offsets":[0,8]},"__metadata__":{"k":"v"}}';
  return concat(little(json.length, 8), json, new Uint8Array(8));
})();

const FILES: Readonly<Record<string, () => Promise<Uint8Array>>> = {
  "small.safetensors": () => Promise.resolve(SAFETENSORS),
  ...Object.fromEntries(
    [
      "bare_zip.pth",
      "bare_legacy.pth",
      "checkpoint_deflated.pth",
      "numpy_0.pkl",
      "numpy_2.pkl",
      "numpy_5.pkl",
    ]
      .map((name) => [name, () => Deno.readFile(weightFixture(name))]),
  ),
};

for (const [name, bytesOf] of Object.entries(FILES)) {
  Deno.test(`mutations: ${name} changed anywhere is read or refused`, async () => {
    const whole = await bytesOf();
    const folder = await Deno.makeTempDir();
    const path = join(folder, name);
    const ends = { read: 0, refused: 0 };
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(CHANGE, { minLength: 1, maxLength: 4 }), async (changes) => {
          await Deno.writeFile(path, changes.reduce(changed, whole));
          ends[await readOrRefuse(path)]++;
        }),
        { numRuns: 150, seed: 7 },
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
    assert.ok(ends.refused > 20, `only ${ends.refused} changes were found`);
  });
}
