/** The suite `layers`: convolutions and matrix products, forward and both gradients. */
import quickstart from "../experiments/quickstart/config.ts";
import r50 from "../experiments/r50_fpn_1x/config.ts";
import { inputShape } from "../core/train/inspector.ts";
import { type Device, fromArray, scope, type Tensor } from "../core/runtime/mod.ts";
import { convolve, gradientOfInput, gradientOfWeight } from "../kernels/conv2d/convolve.ts";
import { requireEqual } from "./check.ts";
import { type BenchContext, compare, gflopsOf, onDevice } from "./context.ts";
import { type ConvArrays, convElements, shapeOf, spread } from "./conv_reference.ts";
import { heaviestLayers, layerName, passName } from "./model_layers.ts";
import { hashed, SEEDS } from "./peers/inputs.ts";
import type { ConvGeometry, Pass } from "./peers/protocol.ts";
import type { NewResult } from "./result.ts";

/** Layers taken of each model. */
const COUNT = 20;

/** Elements of a result that are compared with float64. */
const CHECKED = 61;

/** Sums of some thousand products in float32, in whatever order. */
const TOLERANCE = 2e-4;

const PASSES: readonly Pass[] = ["forward", "input", "weight"];

/** The layer that figures of several programs are known of. */
const KNOWN: ConvGeometry = {
  ...{ n: 1, h: 32, w: 32, c: 256, ho: 32, wo: 32, o: 256, kh: 3, kw: 3 },
  ...{ stride: 1, padding: 1, dilation: 1, groups: 1 },
};

/** A layer under the name of its model. */
interface NamedLayer {
  readonly model: string;
  readonly geometry: ConvGeometry;
}

/** Times every layer and hands over each result as it comes. */
export async function* benchLayers(context: BenchContext): AsyncGenerator<NewResult> {
  const wanted = (await layersOf(context)).map((layer) => ({
    ...layer,
    passes: PASSES.filter((pass) => context.isWanted(nameOf(layer, pass))),
  })).filter(({ passes }) => passes.length > 0);
  for (const { passes, ...layer } of wanted.slice(0, context.limit)) {
    const arrays = arraysOf(layer.geometry);
    for (const pass of passes) yield await benchPass(context, { ...layer, arrays, pass });
  }
}

function nameOf({ model, geometry }: NamedLayer, pass: Pass): string {
  return `${model}: ${layerName(geometry)}, ${passName(pass)}`;
}

async function layersOf({ isQuick }: BenchContext): Promise<NamedLayer[]> {
  const [, height = 0, width = 0] = inputShape(r50);
  const known = { model: "known", geometry: KNOWN };
  if (isQuick) {
    const [small] = await heaviestLayers(quickstart, { shape: [1, 32, 32, 3], count: 1 });
    return [{ model: "quickstart", geometry: small!.geometry }];
  }
  const large = await heaviestLayers(r50, { shape: [1, height, width, 3], count: COUNT });
  const little = await heaviestLayers(quickstart, { shape: inputShape(quickstart), count: COUNT });
  return [
    known,
    ...large.map(({ geometry }) => ({ model: "r50", geometry })),
    ...little.map(({ geometry }) => ({ model: "quickstart", geometry })),
  ];
}

function arraysOf(g: ConvGeometry) {
  return {
    x: hashed(SEEDS.x, g.n * g.h * g.w * g.c),
    weight: hashed(SEEDS.weight, g.kh * g.kw * (g.c / g.groups) * g.o),
    dOut: hashed(SEEDS.dOut, g.n * g.ho * g.wo * g.o),
  } satisfies ConvArrays;
}

interface LayerPass extends NamedLayer {
  readonly arrays: ReturnType<typeof arraysOf>;
  readonly pass: Pass;
}

async function benchPass(context: BenchContext, layer: LayerPass): Promise<NewResult> {
  const { geometry: g, pass, arrays } = layer;
  const { device, limits } = context;
  const name = nameOf(layer, pass);
  const prepared = new LayerOnDevice(device, layer);
  try {
    const indices = spread(shapeOf(g, pass).reduce((a, b) => a * b), CHECKED);
    const values = convElements(arrays, { geometry: g, pass }, indices);
    const actual = await prepared.sample(indices);
    const error = requireEqual(name, actual, { expected: values, tolerance: TOLERANCE });
    await device.measurePending(60);
    const variant = await prepared.variant();
    const { ms, ratio, peer_ms } = await compare(context, {
      name,
      ours: onDevice(device, () => prepared.run()),
      task: { task: "conv", geometry: g, pass, indices },
      expected: { values, tolerance: TOLERANCE },
    });
    const flops = 2 * g.n * g.ho * g.wo * g.o * (g.c / g.groups) * g.kh * g.kw;
    const gflops = gflopsOf(flops, ms);
    const share = gflops / limits.gflops;
    const checked = { against: "float64 by definition", error };
    return { suite: "layers", name, ms, gflops, share, ratio, peer_ms, variant, checked };
  } finally {
    prepared.close();
  }
}

/** One pass of a layer with its tensors on the device. */
class LayerOnDevice {
  readonly #device: Device;
  readonly #layer: LayerPass;
  readonly #x: Tensor;
  readonly #weight: Tensor;
  readonly #dOut: Tensor;

  constructor(device: Device, layer: LayerPass) {
    const { geometry: g, arrays } = layer;
    this.#device = device;
    this.#layer = layer;
    [this.#x, this.#weight, this.#dOut] = scope((): [Tensor, Tensor, Tensor] => [
      fromArray(device, [g.n, g.h, g.w, g.c], arrays.x),
      fromArray(device, [g.kh, g.kw, g.c / g.groups, g.o], arrays.weight),
      fromArray(device, [g.n, g.ho, g.wo, g.o], arrays.dOut),
    ]);
  }

  run(): void {
    scope(() => void this.#compute());
  }

  async sample(indices: readonly number[]): Promise<number[]> {
    const result = scope(() => this.#compute());
    const values = await result.readFloats();
    result.release();
    return indices.map((index) => values[index]!);
  }

  /** The variant of the kernel that runs; undefined where it has none. */
  async variant(): Promise<string | undefined> {
    const profile = this.#device.profile();
    this.run();
    const launches = await profile.take();
    profile.stop();
    return launches.find(({ flops }) => flops > 0)?.variant;
  }

  close(): void {
    for (const tensor of [this.#x, this.#weight, this.#dOut]) tensor.release();
  }

  #compute(): Tensor {
    const { geometry, pass } = this.#layer;
    const shape = shapeOf(geometry, pass);
    if (pass === "forward") return convolve(this.#x, this.#weight, { geometry, shape });
    return pass === "input"
      ? gradientOfInput(this.#dOut, this.#weight, { geometry, shape })
      : gradientOfWeight(this.#x, this.#dOut, { geometry, shape });
  }
}
