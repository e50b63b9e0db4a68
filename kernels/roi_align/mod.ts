/**
 * RoIAlign over a feature pyramid: each RoI is pooled from the level that its area asks for.
 *
 * Convention: the original's: no half-pixel shift, sides of at least 1 after scaling; or, as an option,
 * torchvision's `aligned`: shifted by half a pixel, sides of any length. Samples outside [−1, extent] contribute 0, those in between are clamped to the map. One deviation:
 * a sample up to 2⁻¹⁰ pixels outside counts as on the border, since devices round coordinates that are equal
 * on paper differently and slivers at the image's border have samples exactly there.
 * Source: He et al., Mask R-CNN, §3; Lin et al., FPN, eq. 1; the original's `kernels/cuda/ROIAlign_cuda.cu`
 * and `det_opr/poolers.py`. The gradient is a gather: tiles.wgsl notes which RoIs touch which 4×4 tile, then
 * each pixel sums over its tile's RoIs, in order.
 * @module
 */
import {
  defineKernel,
  differentiable,
  empty,
  formatShape,
  launch,
  nhwc,
  scope,
  type Tensor,
} from "../../core/runtime/mod.ts";
import { expectShape } from "../_shared/expect_shape.ts";
import * as host from "./host.ts";
import { areaRanges } from "./levels.ts";
import { planBackward, planForward, tileExtents } from "./plan.ts";
import type { LevelParams } from "./taps.ts";

const forwardKernel = defineKernel({
  name: "roi_align",
  signature: { feature: "f32", rois: "f32", valid: "i32", out: "f32" },
  host: host.forward,
  wgsl: planForward,
});

const backwardKernel = defineKernel({
  name: "roi_align_backward_feature",
  signature: { dOut: "f32", rois: "f32", valid: "i32", tiles: "u32", dFeature: "f32" },
  host: host.backwardFeature,
  wgsl: planBackward,
});

/** RoIs grouped by image: row m belongs to image floor(m / rowsPerImage). */
export interface Rois {
  /** f32 `[M, 4]`: x1, y1, x2, y2 in image pixels. */
  readonly rois: Tensor;
  /** i32 `[M]`: negative for padding (labels will do); M = N · rowsPerImage. */
  readonly valid: Tensor;
}

/** How {@link roiAlign} pools. */
export interface RoiAlignOptions {
  readonly rowsPerImage: number;
  /** Feature pixels per image pixel, one per level, finest first: 1/4, 1/8, … */
  readonly scales: readonly number[];
  /** Bins along each side. */
  readonly resolution: number;
  /** Samples along each side of a bin; 0: as many as the bin has pixels along it, rounded up. */
  readonly samplingRatio: number;
  /** Corners half a pixel further up and left on the map, and sides below 1 as they are; false where absent. */
  readonly aligned?: boolean;
  /** Sides in the image are x2 − x1 + offset, which the level is chosen by: 1 where absent. */
  readonly offset?: number;
}

/**
 * Pools RoIs; gradients flow to the features, the RoIs are constants.
 * Level: floor(4 + log2(√area / 224 + 1e-6)) of the area in the image, clamped to the levels given.
 * @param features f32 `[N, H_l, W_l, C]`, one per scale
 * @returns f32 `[M, resolution, resolution, C]`; zeros for padding
 * @throws RangeError where the shapes do not fit, scales are no falling powers of two, the resolution is no
 * positive integer or the sampling ratio no integer of at least 0
 */
export function roiAlign(
  features: readonly Tensor[],
  { rois, valid }: Rois,
  options: RoiAlignOptions,
): Tensor {
  const levels = levelParams(features, options);
  const { images, channels } = levels[0]!;
  const count = images * options.rowsPerImage;
  expectShape(rois, [count, 4], "RoIs");
  expectShape(valid, [count], "validity of RoIs");
  const out = empty(rois.device, [count, options.resolution, options.resolution, channels]);
  levels.forEach((params, level) =>
    launch(forwardKernel, { feature: features[level]!, rois, valid, out }, params)
  );
  differentiable({
    inputs: features,
    outputs: [out],
    saved: [rois, valid],
    backward: ([dOut], needs) =>
      levels.map((params, level) =>
        needs[level] ? featureGradient(dOut!, { rois, valid }, params) : undefined
      ),
  });
  return out;
}

function featureGradient(dOut: Tensor, { rois, valid }: Rois, params: LevelParams): Tensor {
  return scope(() => {
    const { images, height, width, channels } = params;
    const { tilesY, tilesX, words } = tileExtents(params);
    const tiles = empty(dOut.device, [images, tilesY, tilesX, words], "u32");
    const dFeature = empty(dOut.device, [images, height, width, channels]);
    launch(backwardKernel, { dOut, rois, valid, tiles, dFeature }, params);
    return dFeature;
  });
}

function levelParams(features: readonly Tensor[], options: RoiAlignOptions): LevelParams[] {
  const { scales, resolution, samplingRatio: samples, rowsPerImage } = options;
  if (features.length !== scales.length) {
    throw new RangeError(
      `Cannot pool RoIs as every scale needs a feature map: ${features.length} for ${scales.length}`,
    );
  }
  const { aligned = false, offset = 1 } = options;
  for (
    const [name, value, least] of [["resolution", resolution, 1], [
      "samplingRatio",
      samples,
      0,
    ]] as const
  ) {
    if (Number.isInteger(value) && value >= least) continue;
    throw new RangeError(
      `Cannot pool RoIs as ${name} must be an integer of at least ${least}: ${value}`,
    );
  }
  const ranges = areaRanges(scales);
  const [images, , , channels] = nhwc(features[0]!.shape, "features to pool");
  return features.map((feature, level) => {
    const [n, height, width, c] = nhwc(feature.shape, "features to pool");
    if (n !== images || c !== channels || height === 0 || width === 0) {
      throw new RangeError(
        `Cannot pool RoIs as all levels must have pixels, ${images} images and ${channels} channels: level ${level} is ${
          formatShape(feature.shape)
        }`,
      );
    }
    const { from: areaFrom, to: areaTo } = ranges[level]!;
    return {
      ...{ images, rowsPerImage, height, width, channels, resolution, samples },
      ...{ scale: scales[level]!, isFirst: level === 0, areaFrom, areaTo },
      ...{ shift: aligned ? 0.5 : 0, leastSide: aligned ? 0 : 1, offset },
    };
  });
}
