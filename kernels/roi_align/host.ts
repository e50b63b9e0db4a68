/** RoIAlign of one pyramid level over typed arrays. */
import type { FloatArray } from "../../core/runtime/mod.ts";
import { isOfLevel, type LevelParams, Taps } from "./taps.ts";

/** Writes the rows of `out` whose RoIs are of this level. */
export function forward(
  { feature, rois, valid, out }: {
    feature: FloatArray;
    rois: FloatArray;
    valid: Int32Array;
    out: FloatArray;
  },
  params: LevelParams,
): void {
  const { channels, resolution, isFirst } = params;
  const perRoi = resolution * resolution * channels;
  const taps = new Taps(params);
  for (let m = 0; m < params.images * params.rowsPerImage; m++) {
    const isPadding = valid[m]! < 0;
    if (isPadding ? !isFirst : !isOfLevel(rois, m, params)) continue;
    out.fill(0, m * perRoi, (m + 1) * perRoi);
    if (isPadding) continue;
    taps.place(rois, m);
    for (let tap = 0; tap < taps.count; tap++) {
      const bin = taps.bins[tap]!, pixel = taps.pixels[tap]!, weight = taps.weights[tap]!;
      for (let c = 0; c < channels; c++) out[bin + c]! += weight * feature[pixel + c]!;
    }
  }
}

/** dFeature = the gradient of this level's map, scattered from the rows of `dOut` that are of this level. */
export function backwardFeature(
  { dOut, rois, valid, dFeature }: {
    dOut: FloatArray;
    rois: FloatArray;
    valid: Int32Array;
    dFeature: FloatArray;
  },
  params: LevelParams,
): void {
  const { images, height, width, channels } = params;
  const taps = new Taps(params);
  dFeature.fill(0, 0, images * height * width * channels);
  for (let m = 0; m < images * params.rowsPerImage; m++) {
    if (valid[m]! < 0 || !isOfLevel(rois, m, params)) continue;
    taps.place(rois, m);
    for (let tap = 0; tap < taps.count; tap++) {
      const bin = taps.bins[tap]!, pixel = taps.pixels[tap]!, weight = taps.weights[tap]!;
      for (let c = 0; c < channels; c++) dFeature[pixel + c]! += weight * dOut[bin + c]!;
    }
  }
}
