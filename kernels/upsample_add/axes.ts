/**
 * Upsampling of whole vectors of channels in float32, along a map's columns and then along its rows: a pixel of the
 * smaller map has a window of 2 × 2 of the larger, cut where that ends with an odd line or column.
 */
import { heapScratch, lanes, runLoop } from "../../core/runtime/mod.ts";
import {
  type Band,
  bandsOf,
  runAlong,
  sizeBetween,
  tapNames,
  windowLoops,
} from "../_shared/axis_windows.ts";
import type { UpsampleParams } from "./host.ts";

const copies = windowLoops((taps) =>
  runLoop({
    streams: ["x"],
    outputs: ({ x }) => Object.fromEntries(tapNames("out", taps).map((name) => [name, x])),
  })
);

const sumsWithOne = windowLoops((taps) =>
  runLoop({
    streams: ["x", ...tapNames("lateral", taps)],
    outputs: (value) =>
      Object.fromEntries(
        tapNames("lateral", taps).map((name, k) => [
          `out${k}`,
          lanes.add(value.x!, value[name]!),
        ]),
      ),
  })
);

/** out = top at the nearest pixel + lateral. */
export function upsample(
  { top, lateral, out }: Record<"top" | "lateral" | "out", Float32Array>,
  params: UpsampleParams,
): void {
  for (const band of bandsIn(params)) {
    const rows = heapScratch(sizeBetween(band)), x = top.subarray(band.windows);
    runAlong(copies, { map: { out: rows }, windows: { x } }, band.alongColumns);
    const map = { lateral: lateral.subarray(band.map), out: out.subarray(band.map) };
    runAlong(sumsWithOne, { map, windows: { x: rows } }, band.alongRows);
  }
}

const sums = windowLoops((taps) =>
  runLoop({
    streams: tapNames("x", taps),
    outputs: (value) => ({
      sum: tapNames("x", taps).map((name) => value[name]!).reduce((a, b) => lanes.add(a, b)),
    }),
  })
);

/** dTop = sum of dOut over the pixels that each element went to. */
export function sumWindows(
  { dOut, dTop }: Record<"dOut" | "dTop", Float32Array>,
  params: UpsampleParams,
): void {
  for (const band of bandsIn(params)) {
    const rows = heapScratch(sizeBetween(band)), sum = dTop.subarray(band.windows);
    const x = dOut.subarray(band.map);
    runAlong(sums, { map: { x }, windows: { sum: rows } }, band.alongRows);
    runAlong(sums, { map: { x: rows }, windows: { sum } }, band.alongColumns);
  }
}

function bandsIn({ topHeight, topWidth, ...map }: UpsampleParams): Band[] {
  const window = { kernel: 2, stride: 2, padding: 0 };
  return bandsOf({ ...map, outHeight: topHeight, outWidth: topWidth, ...window });
}
