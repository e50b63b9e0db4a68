/** What the detector takes: images and, in training, their ground truth, on the device. */
import type { Tensor } from "../runtime/mod.ts";

/** Images, preprocessed and zero-padded to one size. */
export interface ImageBatch {
  /** f32 `[N, H, W, 3]`; H and W are multiples of SIZE_DIVISIBILITY. */
  readonly images: Tensor;
  /** f32 `[N, 2]`: unpadded width and height of each image. */
  readonly sizes: Tensor;
}

/** Ground truth with room for `G` boxes an image. */
export interface Truths {
  /** f32 `[N, G, 4]`, xyxy in the resized images' pixels. */
  readonly boxes: Tensor;
  /** i32 `[N, G]`, 1..K. */
  readonly labels: Tensor;
  /** i32 `[N]`: rows of each image that hold a box. */
  readonly counts: Tensor;
}

/** How anchors and proposals are sampled in a training step. */
export interface Sampling {
  /** `first` takes the lowest indices: for comparing with other implementations. */
  readonly mode: "random" | "first";
  readonly seed: number;
  /** 1-based iteration. */
  readonly iteration: number;
}

/** Proposals with room for `P` boxes an image. */
export interface Proposals {
  /** f32 `[N, P, 4]`. */
  readonly boxes: Tensor;
  /** i32 `[N]`: rows of each image that hold a box. */
  readonly counts: Tensor;
  /** i32 `[N, P]`: the anchor that a proposal came from, −1 − g for ground truth g; in training only. */
  readonly names?: Tensor;
}
