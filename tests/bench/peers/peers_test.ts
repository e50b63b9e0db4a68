/** Peers compute what we do, where they are installed. */
import assert from "node:assert/strict";
import { convElements, shapeOf, spread } from "../../../bench/conv_reference.ts";
import { hashed, SEEDS } from "../../../bench/peers/inputs.ts";
import { Peer, type PeerName } from "../../../bench/peers/peer.ts";
import type { ConvGeometry } from "../../../bench/peers/protocol.ts";
import { differenceOf } from "../../../bench/check.ts";
import { geometryOf } from "../../../kernels/conv2d/extents/geometry.ts";

const GEOMETRIES: readonly ConvGeometry[] = [
  geometryOf([2, 6, 7, 4], [3, 3, 4, 5], { stride: 2, padding: 1 }),
  geometryOf([1, 9, 1, 6], [1, 1, 6, 3], {}),
];

/** Opened by itself for each test, as a process must not outlive it. */
function testPeer(name: PeerName, body: (peer: Peer) => Promise<void>): void {
  Deno.test({
    name: `${name} computes convolutions and their gradients as we do${absent.get(name) ?? ""}`,
    ignore: absent.has(name),
    async fn() {
      const peer = await Peer.open(name);
      assert.ok(peer instanceof Peer);
      try {
        await body(peer);
      } finally {
        await peer.close();
      }
    },
  });
}

/** Why peers are not here. */
const absent = new Map<PeerName, string>();
for (const name of ["torch_cpu", "tfjs_wasm"] as const) {
  const peer = await Peer.open(name);
  if (peer instanceof Peer) await peer.close();
  else absent.set(name, ` (not here: ${peer.missing})`);
}

testPeer("torch_cpu", async (peer) => {
  for (const geometry of GEOMETRIES) {
    for (const pass of ["forward", "input", "weight"] as const) {
      await checkPass(peer, geometry, pass);
    }
  }
  assert.ok((await peer.time(2)).ms > 0);
});

// Its WebAssembly has no gradient of the weight.
testPeer("tfjs_wasm", async (peer) => {
  for (const geometry of GEOMETRIES) {
    for (const pass of ["forward", "input"] as const) await checkPass(peer, geometry, pass);
  }
  assert.ok((await peer.time(2)).ms > 0);
  await assert.rejects(
    peer.prepare({ task: "op", op: "nms", sizes: {} }),
    /no op here/,
  );
});

async function checkPass(
  peer: Peer,
  geometry: ConvGeometry,
  pass: "forward" | "input" | "weight",
): Promise<void> {
  const g = geometry;
  const arrays = {
    x: hashed(SEEDS.x, g.n * g.h * g.w * g.c),
    weight: hashed(SEEDS.weight, g.kh * g.kw * g.c * g.o),
    dOut: hashed(SEEDS.dOut, g.n * g.ho * g.wo * g.o),
  };
  const indices = spread(shapeOf(g, pass).reduce((a, b) => a * b), 23);
  const expected = convElements(arrays, { geometry, pass }, indices);
  const sample = await peer.prepare({ task: "conv", geometry, pass, indices });
  const difference = differenceOf(sample, expected);
  assert.ok(difference < 1e-5, `${peer.name} differs by ${difference} in ${pass}`);
}

Deno.test("hashed() is the same on every side and spread over its range", () => {
  const values = hashed(1, 1000);
  assert.ok(values.every((value) => value >= -0.5 && value < 0.5));
  assert.ok(Math.abs(values.reduce((a, b) => a + b) / 1000) < 0.05);
  assert.notDeepEqual(hashed(2, 1000), values);
});
