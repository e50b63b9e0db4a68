/**
 * Matching of anchors or proposals to ground truth by IoU, computed on the fly: no P×G matrix is stored.
 * Source: the original's `det_opr/matcher.py` over `datasets/structures/boxlist_ops.py`, `boxlist_iou`.
 * @module
 */
import {
  defineKernel,
  type Dispatch,
  empty,
  formatShape,
  full,
  launch,
  scope,
  type Tensor,
} from "../../core/runtime/mod.ts";
import { boxRows } from "../_shared/box_shapes.ts";
import iouSource from "../_shared/box_iou.wgsl" with { type: "text" };
import { expectShape } from "../_shared/expect_shape.ts";
import bestSource from "./best.wgsl" with { type: "text" };
import { matchBoxes as host, type MatchParams } from "./host.ts";
import matchSource from "./match.wgsl" with { type: "text" };

/** Boxes that one invocation of best.wgsl looks at. */
const PER = 16;

/** Truths of one invocation of best.wgsl, boxes of one of match.wgsl. */
const FOUR = 4;

const bestShader = { source: iouSource + bestSource, constants: { PER } };
const matchShader = { source: iouSource + matchSource };

const kernel = defineKernel({
  name: "match_boxes",
  signature: {
    ...{ boxes: "f32", boxCounts: "i32", truths: "f32", truthCounts: "i32" },
    ...{ best: "u32", matches: "i32", ious: "f32" },
  },
  host,
  wgsl: (params: MatchParams): Dispatch[] => {
    const { images, rows, imageStride, truths, high, low, offset, claimFrom, ...flags } = params;
    const counted = Number(flags.counted), lowQuality = Number(flags.lowQuality);
    const common = { rows, imageStride, truths, counted, offset };
    const match: Dispatch = {
      shader: matchShader,
      uniforms: { ...common, lowQuality, claimFrom, high, low },
      grid: [Math.ceil(rows / (64 * FOUR)), 1, images],
    };
    if (!flags.lowQuality) return [match];
    const best: Dispatch = {
      shader: bestShader,
      uniforms: common,
      grid: [Math.ceil(rows / (64 * PER)), Math.ceil(truths / FOUR), images],
    };
    return [best, match];
  },
});

/** What {@link matchBoxes} matches. */
export interface MatchInput {
  /** f32 `[N, P, 4]`, or `[1, P, 4]` or `[P, 4]` shared by all images; x1, y1, x2, y2. */
  readonly boxes: Tensor;
  /** i32 `[N]`: boxes in use per image; all where absent. */
  readonly boxCounts?: Tensor;
  /** f32 `[N, G, 4]`. */
  readonly truths: Tensor;
  /** i32 `[N]`: truths in use per image. */
  readonly truthCounts: Tensor;
}

/** Thresholds of the IoU: `low` ≤ `high`, both in [0, 1]. */
export interface MatchOptions {
  /** From here a box is matched. */
  readonly high: number;
  /** Below, it is background; between the two, neither. */
  readonly low: number;
  /**
   * Also match every box that is tied for some truth's best IoU over all boxes, to the truth that is the box's
   * own best one. A truth that overlaps no box at all is tied with every box, as in the original.
   */
  readonly lowQuality: boolean;
  /**
   * With `lowQuality`, MMDetection's rule in place of the original's: truths whose best IoU is at least this make the
   * boxes tied for it their own, the last of several truths; others match none so. The original's where absent.
   */
  readonly claimFrom?: number;
  /** Sides are x2 − x1 + offset: 1, as in the original, where absent. */
  readonly offset?: number;
}

/**
 * Matches every box to the truth of largest IoU (the first of equals).
 * Not differentiable.
 * @returns `matches` i32 `[N, P]`: a truth's index, −1 below `low`, −2 between, −1 on rows of padding;
 * `ious` f32 `[N, P]`: the IoU with truth max(match, 0), so that an unmatched box reports its IoU with truth 0
 * (as the original's statistics do), 0 for an image without truths, −1 on rows of padding
 * @throws RangeError where the shapes do not fit or `low` > `high`
 */
export function matchBoxes(
  input: MatchInput,
  options: MatchOptions,
): { matches: Tensor; ious: Tensor } {
  const { boxes, truths, truthCounts } = input;
  const { device } = boxes;
  const [images, capacity] = truths.shape;
  if (truths.shape.length !== 3 || images === undefined || capacity === undefined) {
    throw new RangeError(
      `Cannot match boxes as truths must be [N, G, 4]: their shape is ${formatShape(truths.shape)}`,
    );
  }
  if (!(options.low <= options.high)) {
    throw new RangeError(`Cannot match boxes as ${options.low} (low) is above ${options.high}`);
  }
  const { rows, imageStride } = boxRows(boxes, images, "boxes to match");
  expectShape(truths, [images, capacity, 4], "truths to match");
  expectShape(truthCounts, [images], "counts of truths");
  if (input.boxCounts) expectShape(input.boxCounts, [images], "counts of boxes");
  return scope(() => {
    const matches = empty(device, [images, rows], "i32"), ious = empty(device, [images, rows]);
    const boxCounts = input.boxCounts ?? empty(device, [1], "i32"); // bound, not read
    const best = options.lowQuality
      ? full(device, [images, capacity], 0).view([images, capacity], "u32")
      : empty(device, [1], "u32"); // bound, not read
    launch(kernel, { boxes, boxCounts, truths, truthCounts, best, matches, ious }, {
      ...{ images, rows, imageStride, truths: capacity },
      ...{
        ...options,
        offset: options.offset ?? 1,
        claimFrom: options.claimFrom ?? -1,
        counted: input.boxCounts !== undefined,
      },
    });
    return { matches, ious };
  });
}
