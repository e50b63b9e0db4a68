import assert from "node:assert/strict";
import { packUniforms, parseInterface } from "../../../core/runtime/webgpu/wgsl_interface.ts";

const SOURCE = `
// struct Params { wrong: u32 }
/* @group(0) @binding(7) var<storage, read> hidden: array<f32>; */
struct Params {
  size: u32, // in elements, all of them
  shift : i32,
  scale: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2)
var<storage> table: array<i32>;
@group(0) @binding(4) var<uniform> window: array<vec4f, 256>;
`;

Deno.test("parseInterface() reads bindings and uniforms in order, but not comments", () => {
  assert.deepEqual(parseInterface(SOURCE, "k"), {
    storage: [
      { name: "out", index: 3, readOnly: false },
      { name: "x", index: 1, readOnly: true },
      { name: "table", index: 2, readOnly: true },
      { name: "window", index: 4, readOnly: true, uniformBytes: 4096 },
    ],
    uniforms: [
      { name: "size", type: "u32" },
      { name: "shift", type: "i32" },
      { name: "scale", type: "f32" },
    ],
  });
});

Deno.test("parseInterface() names the kernel whose Params it cannot take", () => {
  assert.throws(() => parseInterface("fn main() {}", "conv"), /conv .*no struct Params/);
  assert.throws(() => parseInterface("struct Params { v: vec2<f32> }", "conv"), /conv .*"v: vec2/);
  const members = (count: number) =>
    `struct Params { ${Array.from({ length: count }, (_, i) => `m${i}: u32`).join(", ")} }`;
  assert.equal(parseInterface(members(64), "conv").uniforms.length, 64);
  assert.throws(() => parseInterface(members(65), "conv"), /conv .*65 members: .*64/);
});

function pack(values: Record<string, number>): DataView {
  return new DataView(packUniforms(parseInterface(SOURCE, "k").uniforms, values, "k").buffer);
}

Deno.test("packUniforms() writes each type at its place", () => {
  const view = pack({ scale: -1.5, size: 2 ** 32 - 1, shift: -3 });
  const words = [0, 4, 8].map((at) => view.getUint32(at, true));
  assert.deepEqual([view.byteLength, ...words], [12, 0xffffffff, 0xfffffffd, 0xbfc00000]);
  assert.ok(Number.isNaN(pack({ scale: NaN, size: 0, shift: 0 }).getFloat32(8, true)));
});

Deno.test("packUniforms() refuses missing and unknown names, and what is no such integer", () => {
  const good = { size: 1, shift: 1, scale: 1 };
  assert.throws(() => pack({ size: 1, scale: 1 }), /k as its uniform shift is missing/);
  assert.throws(() => pack({ ...good, extra: 1, more: 2 }), /no uniform extra, more/);
  for (const size of [-1, 0.5, 2 ** 32, NaN, Infinity]) {
    assert.throws(() => pack({ ...good, size }), /uniform size is .*, no u32/);
  }
  for (const shift of [2 ** 31, -(2 ** 31) - 1, 0.5, NaN]) {
    assert.throws(() => pack({ ...good, shift }), /uniform shift is .*, no i32/);
  }
});
