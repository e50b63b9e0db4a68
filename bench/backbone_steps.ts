/** Of the suite `steps`: the backbone by itself, and a detector's layers as peers can run them. */
import quickstart from "../experiments/quickstart/config.ts";
import r50 from "../experiments/r50_fpn_1x/config.ts";
import type { Device } from "../core/runtime/mod.ts";
import type { Config } from "../core/train/config.ts";
import { dryStep } from "../core/train/inspector.ts";
import { makeModel } from "../core/train/trainer.ts";
import {
  checkFeatures,
  FEATURE_TOLERANCE,
  featureIndices,
  featuresOf,
  FilledBackbone,
  imagesOf,
  traceBackbone,
} from "./backbone.ts";
import { type BenchContext, compare, type Comparison, gflopsOf, onDevice } from "./context.ts";
import type { BatchSize } from "./detector.ts";
import { flopsOfLaunches } from "./flops.ts";
import { traceNetwork } from "./network.ts";
import type { Network } from "./peers/protocol.ts";
import type { NewResult } from "./result.ts";

/** Of the timed images; small ones are checked. */
const SHAPES = { full: [1, 256, 416, 3], quick: [1, 32, 64, 3], checked: [1, 64, 96, 3] } as const;

/** Body and pyramid of R-50-FPN, inference, which TensorFlow.js can build too. */
export async function benchBackbone(context: BenchContext): Promise<NewResult> {
  const { device, limits, isQuick } = context;
  const [config, shape] = isQuick ? [quickstart, SHAPES.quick] : [r50, SHAPES.full];
  const { error } = await checkFeatures(device, config, SHAPES.checked);
  const network = traceBackbone(config, shape);
  const name = backboneName(context);
  const backbone = new FilledBackbone(device, config, network);
  try {
    const ours = onDevice(device, () => backbone.run());
    await ours.time(1);
    await device.measurePending(60);
    const flops = await flopsOfLaunches(device, () => ours.time(1));
    const indices = featureIndices(config, shape, network.outputs.length);
    const values = await backbone.sample(indices);
    const { ms, ratio, peer_ms } = await compare(context, {
      name,
      ours,
      task: { task: "network", ...network, training: false, sampled: network.outputs, indices },
      expected: { values, tolerance: FEATURE_TOLERANCE },
    });
    const gflops = gflopsOf(flops, ms);
    const checked = { against: "host code in float64, at 64 px", error };
    return {
      suite: "steps",
      name,
      ms,
      gflops,
      share: gflops / limits.gflops,
      ratio,
      peer_ms,
      checked,
    };
  } finally {
    backbone.close();
  }
}

/** The name of {@link benchBackbone}'s result. */
export function backboneName({ isQuick }: Pick<BenchContext, "isQuick">): string {
  const [model, shape] = isQuick ? ["quickstart", SHAPES.quick] : ["R-50-FPN", SHAPES.full];
  return `${model}, body and pyramid, inference, ${shape.slice(0, 3).join("×")}`;
}

/** A training step's layers, with the squares of their outputs for losses, and the features they are to have. */
export async function layersTask(
  device: Device,
  config: Config,
  { images, height, width }: BatchSize,
): Promise<Pick<Comparison, "task" | "expected">> {
  const network = traceNetwork(
    (dry) => makeModel(dry, config),
    (model, dry) => {
      dryStep(model, dry, [images, height, width, 3]);
      return [];
    },
  );
  const sampled = pyramidOf(network);
  const indices = featureIndices(config, imagesOf(network).shape, sampled.length);
  const values = await featuresOf(device, config, { network, indices });
  return {
    task: { task: "network", ...network, training: true, sampled, indices },
    expected: { values, tolerance: FEATURE_TOLERANCE },
  };
}

/** P2…P5 of a detector: what the pyramid's last convolutions make, finest first. */
function pyramidOf({ leaves, nodes }: Network): number[] {
  return leaves.filter(({ name }) => /\.fpn_layer\d\.(0\.)?weight$/.test(name)).map(({ id }) => {
    const node = nodes.find((node) => node.op === "conv" && node.weight === id);
    if (!node) throw new TypeError("Cannot find a layer of the pyramid");
    return node.out;
  });
}
