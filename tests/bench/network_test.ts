/** Whole networks: written down as they are, and computed alike by peers. */
import assert from "node:assert/strict";
import {
  checkFeatures,
  featureIndices,
  FilledBackbone,
  traceBackbone,
} from "../../bench/backbone.ts";
import { layersTask } from "../../bench/backbone_steps.ts";
import { differenceOf } from "../../bench/check.ts";
import { numbersOf } from "../../bench/network.ts";
import { Peer, type PeerName } from "../../bench/peers/peer.ts";
import { CpuDevice } from "../../core/runtime/cpu/device.ts";
import { defineExperiment } from "../../core/train/config.ts";
import r50 from "../../experiments/r50_fpn_1x/config.ts";
import tiny from "../fixtures/tiny/config.ts";

/** Frozen batch norm where {@link tiny} has GroupNorm, and two blocks in a stage. */
const FROZEN = defineExperiment({
  MODEL: {
    RESNETS: {
      STAGE_BLOCKS: [1, 2, 1, 1],
      STEM_FUNC: "StemWithFixedBatchNorm",
      TRANS_FUNC: "BottleneckWithFixedBatchNorm",
    },
  },
}, tiny);

const SHAPE = [1, 64, 96, 3];

/** Why peers are not here. */
const absent = new Map<PeerName, string>();
for (const name of ["torch_cpu", "tfjs_wasm"] as const) {
  const peer = await Peer.open(name);
  if (peer instanceof Peer) await peer.close();
  else absent.set(name, peer.missing);
}

Deno.test("a network is written down with its layers, in order, and what they are computed from", () => {
  const { nodes, leaves, outputs } = traceBackbone(FROZEN, SHAPE);
  const count = (op: string) => nodes.filter((node) => node.op === op).length;
  // The stem, three a block, four projections; the pyramid's two a level.
  assert.equal(count("conv"), 1 + 3 * 5 + 4 + 2 * 4);
  assert.equal(count("frozen_norm"), 1 + 3 * 5 + 4);
  assert.deepEqual([count("max_pool"), count("upsample_add")], [2, 3]);
  assert.equal(outputs.length, 5);
  const known = new Set(leaves.map(({ id }) => id));
  for (const node of nodes) {
    assert.ok(known.has(node.x), `${node.op} reads what is not there yet`);
    known.add(node.out);
  }
  assert.ok(outputs.every((id) => known.has(id)));
  assert.deepEqual(leaves.filter(({ name }) => name === "input1").map(({ shape }) => shape), [
    SHAPE,
  ]);
  const trained = leaves.filter(({ isTrained }) => isTrained).map(({ name }) => name);
  assert.ok(trained.includes("backbone.body.layer2.0.conv1.weight"));
  assert.ok(!trained.some((name) => name.includes("running") || name.includes("bn")));
});

Deno.test("a detector's layers read nothing but leaves and what layers before them made", async () => {
  const device = new CpuDevice();
  const { task } = await layersTask(device, tiny, { images: 1, height: 64, width: 96 });
  assert.ok(task.task === "network");
  const shapes = new Map(task.leaves.map(({ id, shape }) => [id, shape]));
  const known = new Set(shapes.keys());
  for (const node of task.nodes) {
    const vectors = "vectors" in node ? node.vectors : [];
    const others = node.op === "conv"
      ? [node.weight, node.bias]
      : [...vectors, "residual" in node ? node.residual : null];
    for (const id of [node.x, ...others, node.op === "upsample_add" ? node.lateral : null]) {
      assert.ok(id === null || known.has(id), `${node.op} reads ${id}, which nobody makes`);
    }
    known.add(node.out);
  }
  // Scores and boxes of the RPN are one layer, whose weight is made of both.
  const joined = task.leaves.filter(({ name }) => name.startsWith("joined"));
  assert.deepEqual(joined.map(({ shape }) => shape.length), [4, 1]);
  assert.ok(joined.every(({ isTrained }) => isTrained));
  device.close();
});

Deno.test("a backbone has the numbers that its description gives", async () => {
  const device = new CpuDevice();
  const network = traceBackbone(tiny, SHAPE);
  const indices = featureIndices(tiny, SHAPE, 5);
  const backbone = new FilledBackbone(device, tiny, network);
  const first = await backbone.sample(indices);
  assert.ok(first.every(Number.isFinite) && first.some((value) => value !== 0));
  const other = network.leaves.map((leaf) => ({ ...leaf, seed: leaf.seed + 1 }));
  const changed = new FilledBackbone(device, tiny, { leaves: other });
  assert.ok(differenceOf(await changed.sample(indices), first) > 0.01);
  for (const each of [backbone, changed]) each.close();
  assert.equal(device.memory().liveSlots, 0);
  const [leaf] = network.leaves;
  assert.ok(numbersOf(leaf!).every((value) => Math.abs(value - leaf!.offset) <= leaf!.scale / 2));
});

for (const name of ["torch_cpu", "tfjs_wasm"] as const) {
  testPeer(name, "computes backbones with either norm as we do", async (peer) => {
    for (const config of [tiny, FROZEN]) {
      const network = traceBackbone(config, SHAPE);
      const { indices, expected } = await checkFeatures(new CpuDevice(), config, SHAPE);
      const sampled = network.outputs;
      const task = { task: "network", ...network, training: false, sampled, indices } as const;
      const difference = differenceOf(await peer.prepare(task), expected.values);
      assert.ok(difference < 1e-4, `features differ by ${difference}`);
      assert.ok((await peer.time(1)).ms > 0);
    }
  });
}

testPeer("torch_cpu", "trains a detector's layers from our features", async (peer) => {
  const size = { images: 2, height: 64, width: 64 };
  const { task, expected } = await layersTask(new CpuDevice(), tiny, size);
  const sample = await peer.prepare(task);
  assert.ok(differenceOf(sample, expected!.values) < 1e-4);
  assert.ok((await peer.time(2)).ms > 0);
});

testPeer("torch_cpu", "has our R-50-FPN in torchvision's detector", async (peer) => {
  const { expected, error, ...check } = await checkFeatures(new CpuDevice(), r50, [1, 32, 64, 3]);
  assert.ok(error < 1e-4);
  const size = { images: 1, height: 32, width: 64 };
  const sample = await peer.prepare({ task: "step", training: false, ...size, check });
  assert.ok(differenceOf(sample, expected.values) < 1e-4);
});

function testPeer(name: PeerName, what: string, body: (peer: Peer) => Promise<void>): void {
  const why = absent.get(name);
  Deno.test({
    name: `${name} ${what}${why === undefined ? "" : ` (not here: ${why})`}`,
    ignore: why !== undefined,
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
