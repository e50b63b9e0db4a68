import assert from "node:assert/strict";
import { defineKernel, type Dispatch, empty, launch } from "../../../core/runtime/mod.ts";
import { hashAt, type HashKey, hashPrefix } from "../../../kernels/_shared/hash.ts";
import hashSource from "../../../kernels/_shared/hash.wgsl" with { type: "text" };
import { checkExact } from "../../_support/check_exact.ts";
import { ints } from "../../_support/check_op.ts";

const COUNT = 1 << 16;

function hashes(key: HashKey, count = COUNT): Uint32Array {
  const prefix = hashPrefix(key);
  return Uint32Array.from({ length: count }, (_, index) => hashAt(prefix, index));
}

const KEYS: HashKey[] = [
  { seed: 0, iteration: 0, stream: 0, image: 0 },
  { seed: 1, iteration: 0, stream: 0, image: 0 },
  { seed: 0, iteration: 1, stream: 0, image: 0 },
  { seed: 0, iteration: 0, stream: 1, image: 0 },
  { seed: 0, iteration: 0, stream: 0, image: 1 },
  { seed: 0xffffffff, iteration: 90000, stream: 7, image: 15 },
];

Deno.test("hash: every bit is set half of the time", () => {
  for (const key of KEYS) {
    const set = new Array(32).fill(0);
    for (const hash of hashes(key)) for (let bit = 0; bit < 32; bit++) set[bit] += hash >>> bit & 1;
    // Five standard deviations of a fair coin.
    for (const count of set) assert.ok(Math.abs(count - COUNT / 2) < 5 * Math.sqrt(COUNT) / 2);
  }
});

Deno.test("hash: 256 bins of the highest and of the lowest bits are evenly full (χ²)", () => {
  for (const key of KEYS) {
    for (const shift of [24, 0]) {
      const bins = new Array(256).fill(0);
      for (const hash of hashes(key)) bins[hash >>> shift & 255]++;
      const mean = COUNT / 256;
      const chi2 = bins.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
      // 255 degrees of freedom: mean 255, standard deviation 22.6.
      assert.ok(chi2 > 150 && chi2 < 370, `χ² = ${chi2}`);
    }
  }
});

Deno.test("hash: indices never share a hash, keys seldom do", () => {
  const all = KEYS.map((key) => hashes(key, 4096));
  for (const some of all) assert.equal(new Set(some).size, 4096);
  // By chance 6 · 4096 numbers of 32 bits share 0.07 pairs.
  assert.ok(new Set(all.flatMap((some) => [...some])).size >= 6 * 4096 - 4);
});

Deno.test("hash: sequences of neighbouring keys are uncorrelated", () => {
  const first = hashes(KEYS[0]!);
  for (const key of KEYS.slice(1)) {
    const other = hashes(key);
    let sum = 0;
    for (let i = 0; i < COUNT; i++) {
      sum += (first[i]! / 2 ** 32 - 0.5) * (other[i]! / 2 ** 32 - 0.5);
    }
    assert.ok(Math.abs(sum / COUNT * 12) < 5 / Math.sqrt(COUNT));
  }
});

const shader = {
  source: `${hashSource}
struct Params { seed: u32, iteration: u32, stream: u32, image: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> indices: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= arrayLength(&indices)) { return; }
  out[id.x] = hashAt(hashPrefix(params.seed, params.iteration, params.stream, params.image), indices[id.x]);
}`,
};

const kernel = defineKernel({
  name: "hash_of_index",
  signature: { indices: "i32", out: "u32" },
  host: ({ indices, out }, key: HashKey) => {
    for (let i = 0; i < indices.length; i++) out[i] = hashAt(hashPrefix(key), indices[i]!);
  },
  wgsl: (key): Dispatch[] => [{ shader, uniforms: { ...key }, grid: [4, 1, 1] }],
});

const INDICES = Array.from({ length: 256 }, (_, i) => i < 250 ? i * 8191 : 2 ** 31 - 1 - i);

for (const key of KEYS) {
  checkExact({
    name: `hash ${Object.values(key)}`,
    inputs: { indices: ints([256], INDICES) },
    run: ({ indices }) => {
      const out = empty(indices!.device, [256], "u32");
      launch(kernel, { indices: indices!, out }, key);
      return [out];
    },
    expected: () => [INDICES.map((index) => hashAt(hashPrefix(key), index))],
  });
}

// By the same formula in Python, whose integers do not wrap by themselves.
Deno.test("hash: known numbers, so that a run's samples stay what they were", () => {
  assert.deepEqual(hashes(KEYS[5]!, 3), Uint32Array.of(2066340791, 2736450629, 3873220212));
});
