/** Nearest upsampling + sum over typed arrays, NHWC; shapes as in mod.ts. */
import { type FloatArray, suitsRuns } from "../../core/runtime/mod.ts";
import { sumWindows, upsample } from "./axes.ts";

/** Extents of the lateral (and output) map, and of the smaller one. */
export interface UpsampleParams {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly topHeight: number;
  readonly topWidth: number;
}

/** out = top at the nearest pixel + lateral. */
export function forward(
  arrays: { top: FloatArray; lateral: FloatArray; out: FloatArray },
  params: UpsampleParams,
): void {
  if (suitsRuns(arrays, params.channels)) return upsample(arrays, params);
  const { images, height, width, channels, topHeight, topWidth } = params;
  const { top, lateral, out } = arrays;
  let i = 0;
  for (let n = 0; n < images; n++) {
    for (let y = 0; y < height; y++) {
      const line = (n * topHeight + Math.floor(y * topHeight / height)) * topWidth;
      for (let x = 0; x < width; x++) {
        const from = (line + Math.floor(x * topWidth / width)) * channels;
        for (let c = 0; c < channels; c++, i++) out[i] = top[from + c]! + lateral[i]!;
      }
    }
  }
}

/** dTop = sum of dOut over the pixels that each element went to. */
export function backwardTop(
  arrays: { dOut: FloatArray; dTop: FloatArray },
  params: UpsampleParams,
): void {
  if (suitsRuns(arrays, params.channels)) return sumWindows(arrays, params);
  const { images, height, width, channels, topHeight, topWidth } = params;
  const { dOut, dTop } = arrays;
  dTop.fill(0);
  let i = 0;
  for (let n = 0; n < images; n++) {
    for (let y = 0; y < height; y++) {
      const line = (n * topHeight + Math.floor(y * topHeight / height)) * topWidth;
      for (let x = 0; x < width; x++) {
        const to = (line + Math.floor(x * topWidth / width)) * channels;
        for (let c = 0; c < channels; c++, i++) dTop[to + c]! += dOut[i]!;
      }
    }
  }
}
