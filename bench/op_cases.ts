/** The detector's operators at the sizes of R-50-FPN at 800×1333, and of a check that takes no time. */
import { backward, type Device, fromArray, record, type Tensor } from "../core/runtime/mod.ts";
import { deformConv2d, matchBoxes, nms, roiAlign, sgdStep, topK } from "../kernels/mod.ts";
import { hashed } from "./peers/inputs.ts";

/** Sizes by name; peers get the same. */
export type Sizes = Readonly<Record<string, number>>;

/** An operator with its inputs on a device. */
export interface PreparedOp {
  /** Launches it; the results belong to the scope of the caller. */
  run(): Tensor[];
  readonly inputs: readonly Tensor[];
}

/** An operator to time. */
export interface OpBench {
  /** Its name, and what peers call it by. */
  readonly op: string;
  readonly full: Sizes;
  readonly quick: Sizes;
  /** Largest difference from the host code in float64; 0 for indices and flags. */
  readonly tolerance: number;
  prepare(device: Device, sizes: Sizes): PreparedOp;
}

/** All operators of the suite. */
export const OPS: readonly OpBench[] = [
  {
    op: "roi_align",
    full: { rois: 512, channels: 256, extent: 200, scale: 0.25 },
    quick: { rois: 6, channels: 8, extent: 20, scale: 0.25 },
    tolerance: 1e-4,
    prepare: (device, sizes) => prepareRoiAlign(device, sizes, false),
  },
  {
    op: "roi_align_with_gradient",
    full: { rois: 512, channels: 256, extent: 200, scale: 0.25 },
    quick: { rois: 6, channels: 8, extent: 20, scale: 0.25 },
    tolerance: 1e-4,
    prepare: (device, sizes) => prepareRoiAlign(device, sizes, true),
  },
  {
    op: "nms",
    full: { boxes: 2000, extent: 800 },
    quick: { boxes: 60, extent: 100 },
    tolerance: 0,
    prepare: prepareNms,
  },
  {
    op: "top_k",
    full: { scores: 200_000, k: 2000 },
    quick: { scores: 300, k: 20 },
    tolerance: 0,
    prepare: prepareTopK,
  },
  {
    op: "match_boxes",
    full: { anchors: 268_569, truths: 20, extent: 800 },
    quick: { anchors: 200, truths: 3, extent: 100 },
    tolerance: 1e-5,
    prepare: prepareMatch,
  },
  {
    op: "deform_conv2d",
    full: { h: 50, w: 84, c: 256, o: 256 },
    quick: { h: 5, w: 6, c: 8, o: 4 },
    tolerance: 1e-4,
    prepare: prepareDeformConv,
  },
  {
    op: "sgd",
    full: { parameters: 16_000_000 },
    quick: { parameters: 100 },
    tolerance: 1e-4,
    prepare: prepareSgd,
  },
];

function size(sizes: Sizes, name: string): number {
  const value = sizes[name];
  if (value === undefined) throw new TypeError(`An operator of the bench has no size ${name}`);
  return value;
}

function numbers(device: Device, seed: number, shape: readonly number[]): Tensor {
  return fromArray(device, shape, hashed(seed, shape.reduce((a, b) => a * b)));
}

/** Boxes of up to a fifth of `extent`, the same as `Op.boxes` of torch_peer.py. */
function boxesWithin(seed: number, count: number, extent: number): Float32Array<ArrayBuffer> {
  const boxes = hashed(seed, 4 * count).map((value) => (value + 0.5) * extent);
  for (let i = 0; i < boxes.length; i += 4) {
    const x = boxes[i]! * 0.8, y = boxes[i + 1]! * 0.8;
    boxes.set([x, y, x + boxes[i + 2]! * 0.2 + 1, y + boxes[i + 3]! * 0.2 + 1], i);
  }
  return boxes;
}

function prepareRoiAlign(device: Device, sizes: Sizes, withGradient: boolean): PreparedOp {
  const [rows, extent, scale] = [size(sizes, "rois"), size(sizes, "extent"), size(sizes, "scale")];
  const feature = numbers(device, 1, [1, extent, extent, size(sizes, "channels")]);
  const rois = fromArray(device, [rows, 4], boxesWithin(2, rows, extent / scale));
  const valid = fromArray(device, [rows], new Int32Array(rows));
  feature.requiresGrad = withGradient;
  const options = { rowsPerImage: rows, scales: [scale], resolution: 7, samplingRatio: 2 };
  const pool = () => roiAlign([feature], { rois, valid }, options);
  function run(): Tensor[] {
    if (!withGradient) return [pool()];
    const { result, tape } = record(pool);
    return [result, backward(tape, [result]).get(feature.id)!];
  }
  return { run, inputs: [feature, rois, valid] };
}

function prepareNms(device: Device, sizes: Sizes): PreparedOp {
  const count = size(sizes, "boxes");
  const boxes = fromArray(device, [1, count, 4], boxesWithin(2, count, size(sizes, "extent")));
  const segments = [{ start: 0, size: count, keep: count }];
  return { run: () => [nms({ boxes }, { segments, threshold: 0.7 })], inputs: [boxes] };
}

function prepareTopK(device: Device, sizes: Sizes): PreparedOp {
  const count = size(sizes, "scores");
  const scores = numbers(device, 3, [1, count]);
  const segments = [{ start: 0, size: count, k: size(sizes, "k") }];
  return { run: () => [topK(scores, segments)], inputs: [scores] };
}

function prepareMatch(device: Device, sizes: Sizes): PreparedOp {
  const [anchors, count] = [size(sizes, "anchors"), size(sizes, "truths")];
  const extent = size(sizes, "extent");
  const boxes = fromArray(device, [anchors, 4], boxesWithin(2, anchors, extent));
  const truths = fromArray(device, [1, count, 4], boxesWithin(3, count, extent));
  const truthCounts = fromArray(device, [1], Int32Array.of(count));
  const options = { low: 0.3, high: 0.7, lowQuality: true };
  function run(): Tensor[] {
    const { matches, ious } = matchBoxes({ boxes, truths, truthCounts }, options);
    return [ious, matches];
  }
  return { run, inputs: [boxes, truths, truthCounts] };
}

function prepareDeformConv(device: Device, sizes: Sizes): PreparedOp {
  const [h, w, c] = [size(sizes, "h"), size(sizes, "w"), size(sizes, "c")];
  const x = numbers(device, 1, [1, h, w, c]);
  const offsets = numbers(device, 2, [1, h, w, 27]);
  const weight = numbers(device, 3, [3, 3, c, size(sizes, "o")]);
  const window = { padding: 1, modulated: true };
  const run = () => [deformConv2d(x, { offsets, weight }, window)];
  return { run, inputs: [x, offsets, weight] };
}

function prepareSgd(device: Device, sizes: Sizes): PreparedOp {
  const shape = [size(sizes, "parameters")];
  const weight = numbers(device, 1, shape), gradient = numbers(device, 2, shape);
  const velocity = numbers(device, 3, shape);
  // Norm of the gradients, factor of clipping, no fault, and a number that nobody reads.
  const state = fromArray(device, [4], Float32Array.of(1, 1, 0, 0));
  const options = { learningRate: 1e-3, momentum: 0.9, weightDecay: 1e-4 };
  function run(): Tensor[] {
    sgdStep(weight, { gradient, velocity, state, ...options });
    return [weight.view(shape), velocity.view(shape)];
  }
  return { run, inputs: [weight, gradient, velocity, state] };
}
