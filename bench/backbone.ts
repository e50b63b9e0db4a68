/** The backbone of a detector by itself: body and pyramid, which peers can build from the same description. */
import { Fpn } from "../core/detection/fpn.ts";
import { ResNet } from "../core/detection/resnet.ts";
import { ModelState, StateScope } from "../core/nn/state.ts";
import { CpuDevice } from "../core/runtime/cpu/device.ts";
import { type Device, fromArray, noGrad, scope, type Tensor } from "../core/runtime/mod.ts";
import type { Config } from "../core/train/config.ts";
import { requireEqual } from "./check.ts";
import { spread } from "./conv_reference.ts";
import { fillState, numbersOf, traceNetwork } from "./network.ts";
import type { FeatureCheck, Leaf, Network } from "./peers/protocol.ts";

/** Elements of each level that are compared. */
const CHECKED = 41;

/** A pyramid of some sixty layers in float32, in whatever order it is summed. */
export const FEATURE_TOLERANCE = 1e-3;

/** Body and pyramid under their names in the detector. */
export class Backbone {
  readonly state: ModelState;
  readonly #body: ResNet;
  readonly #fpn: Fpn;

  constructor(device: Device, { MODEL }: Config) {
    this.state = new ModelState(device, 0);
    const root = new StateScope(this.state).child("backbone");
    this.#body = new ResNet(root.child("body"), MODEL);
    this.#fpn = new Fpn(root.child("fpn"), {
      inChannels: this.#body.channels,
      outChannels: MODEL.RESNETS.BACKBONE_OUT_CHANNELS,
      useRelu: MODEL.FPN.USE_RELU,
    });
  }

  /** `[N, H, W, 3]` → P2…P6, finest first. */
  apply(images: Tensor): Tensor[] {
    return scope(() => noGrad(() => this.#fpn.apply(this.#body.apply(images))));
  }

  close(): void {
    this.state.close();
  }
}

/** The backbone of `config` for images `[N, H, W, 3]`, written down. */
export function traceBackbone(config: Config, shape: readonly number[]): Network {
  return traceNetwork(
    (device) => new Backbone(device, config),
    (backbone, device) => backbone.apply(fromArray(device, shape, new Float32Array(sizeOf(shape)))),
  );
}

/** A backbone with the numbers that its description gives, and its images, on a device. */
export class FilledBackbone {
  readonly #backbone: Backbone;
  readonly #images: Tensor;

  constructor(device: Device, config: Config, { leaves }: Pick<Network, "leaves">) {
    this.#backbone = new Backbone(device, config);
    fillState(this.#backbone.state, { leaves });
    const images = imagesOf({ leaves });
    this.#images =
      scope(() => ({ images: fromArray(device, images.shape, numbersOf(images)) })).images;
  }

  run(): void {
    scope(() => void this.#backbone.apply(this.#images));
  }

  /** Numbers of P2…P6 at `indices`, one after the other. */
  async sample(indices: readonly (readonly number[])[]): Promise<number[]> {
    const features = scope(() => this.#backbone.apply(this.#images));
    const values: number[] = [];
    for (const [level, feature] of features.entries()) {
      const numbers = await feature.readFloats();
      for (const index of indices[level] ?? []) values.push(numbers[index]!);
      feature.release();
    }
    return values;
  }

  close(): void {
    this.#images.release();
    this.#backbone.close();
  }
}

/** The network's images. @throws TypeError where it has none */
export function imagesOf({ leaves }: Pick<Network, "leaves">): Leaf {
  const images = leaves.find(({ name }) => name === "input1");
  if (!images) throw new TypeError("Cannot find the images of a network that has no input");
  return images;
}

/** Where the pyramid's levels for images `[N, H, W, 3]` are compared: indices of some elements of each. */
export function featureIndices(
  config: Config,
  shape: readonly number[],
  levels: number,
): number[][] {
  const [n = 0, height = 0, width = 0] = shape;
  const channels = config.MODEL.RESNETS.BACKBONE_OUT_CHANNELS;
  const side = (extent: number, level: number) => Math.ceil(extent / 4 / 2 ** level);
  return Array.from(
    { length: levels },
    (_, level) => spread(n * side(height, level) * side(width, level) * channels, CHECKED),
  );
}

/** Features of a small image on a device, and what peers need to compute them. */
export interface CheckedFeatures extends FeatureCheck {
  readonly expected: { readonly values: readonly number[]; readonly tolerance: number };
  /** Difference from host code in float64. */
  readonly error: number;
}

/** Compares the features of images `[N, H, W, 3]` with host code in float64. @throws UserError where they are wrong */
export async function checkFeatures(
  device: Device,
  config: Config,
  shape: readonly number[],
): Promise<CheckedFeatures> {
  const network = traceBackbone(config, shape), images = imagesOf(network);
  const indices = featureIndices(config, shape, network.outputs.length);
  const actual = await featuresOf(device, config, { network, indices });
  const values = await featuresOf(new CpuDevice({ precision: 64 }), config, { network, indices });
  const expected = { values, tolerance: FEATURE_TOLERANCE };
  const error = requireEqual("the features of a small image", actual, {
    ...expected,
    expected: values,
  });
  const leaves = network.leaves.filter((leaf) => leaf !== images);
  return { leaves, images, indices, expected, error };
}

/** Numbers of the features of a network's images, with the network's weights. */
export async function featuresOf(
  device: Device,
  config: Config,
  { network, indices }: {
    readonly network: Pick<Network, "leaves">;
    readonly indices: readonly (readonly number[])[];
  },
): Promise<number[]> {
  const backbone = new FilledBackbone(device, config, network);
  try {
    return await backbone.sample(indices);
  } finally {
    backbone.close();
  }
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
