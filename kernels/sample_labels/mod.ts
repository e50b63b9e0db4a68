/**
 * Draws a batch of labelled anchors or RoIs of each image: a fixed share of positives at most, negatives for the rest,
 * fewer where there are not enough (the original's dynamic_rcnn/det_opr/sampler.py). Drawn by a counter-based hash, so
 * every device draws the same; not PyTorch's random numbers. No gradient.
 * @module
 */
import {
  defineKernel,
  type Dispatch,
  empty,
  gridFor,
  launch,
  scope,
  type Tensor,
} from "../../core/runtime/mod.ts";
import hashSource from "../_shared/hash.wgsl" with { type: "text" };
import { compactKeys, segmentTable } from "../_shared/selection/mod.ts";
import { type KeyParams, labelKeys, POSITIVE } from "./host.ts";
import keysSource from "./keys.wgsl" with { type: "text" };

const shader = { source: hashSource + keysSource };

const kernel = defineKernel({
  name: "sample_labels",
  signature: { labels: "i32", names: "i32", keys: "u32" },
  host: labelKeys,
  wgsl: (params: KeyParams): Dispatch[] => {
    const { grid, rowLength } = gridFor(params.size, 64);
    return [{ shader, uniforms: { ...params, row: rowLength }, grid }];
  },
});

/** How {@link sampleLabels} draws. */
export interface SampleOptions {
  /** Samples of an image at most. */
  readonly batchSize: number;
  /** At most int(batchSize · positiveFraction) samples are positive. */
  readonly positiveFraction: number;
  /** These three, the image and the index decide what is drawn; integers, taken modulo 2³². */
  readonly seed: number;
  readonly iteration: number;
  /** Different samplers of one iteration have different streams. */
  readonly stream: number;
  /** "random": by hash; "first": the lowest indices, for tests against other implementations. */
  readonly mode: "random" | "first";
  /**
   * i32 [N, P]: what the hash is of, instead of the index. Rows that float noise reorders or drops on one device
   * then leave the draw of all others as it is.
   */
  readonly names?: Tensor;
}

/**
 * Samples of each image.
 * @param labels i32 [N, P]: ≥ 1 positive, 0 negative, below 0 neither
 * @returns indices i32 [N, batchSize]: into [0, P), ascending, positives and negatives together, then −1;
 *   counts i32 [N, 2]: how many are positive, and how many negative
 */
export function sampleLabels(
  labels: Tensor,
  options: SampleOptions,
): { indices: Tensor; counts: Tensor } {
  const { batchSize, positiveFraction, seed, iteration, stream, mode, names } = options;
  const [, length] = labels.shape as [number, number];
  return scope(() => {
    const { device } = labels;
    const keys = empty(device, labels.shape, "u32");
    launch(kernel, { labels, names: names ?? labels, keys }, {
      size: labels.size,
      length,
      seed: seed >>> 0,
      iteration: iteration >>> 0,
      stream: stream >>> 0,
      random: mode === "random" ? 1 : 0,
      named: names ? 1 : 0,
    });
    const table = segmentTable(device, [{ start: 0, size: length, k: batchSize }]);
    const most = Math.trunc(batchSize * positiveFraction);
    const { indices, counts } = compactKeys(keys, table, { which: "both", split: POSITIVE, most });
    return { indices, counts };
  });
}
