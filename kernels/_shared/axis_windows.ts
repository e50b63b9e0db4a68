/**
 * Windows over maps of whole vectors of channels in float32, along a map's rows and then along its columns: loops over
 * runs work on those of a band of lines at once.
 * @module
 */
import type { RunLoop } from "../../core/runtime/mod.ts";

/** Extents of a map [N, H, W, C], those of the smaller one with an element a window and channel, and the windows. */
export interface WindowParams {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

/** Windows along the middle axis of [outer, length, inner], which becomes `outLength`. */
export interface Axis extends Pick<WindowParams, "kernel" | "stride" | "padding"> {
  readonly outer: number;
  readonly length: number;
  readonly outLength: number;
  readonly inner: number;
}

/** Some lines of windows of an image, and the rows that they see. */
export interface Band {
  /** First elements of the map, and of the smaller one. */
  readonly map: number;
  readonly windows: number;
  readonly alongRows: Axis;
  readonly alongColumns: Axis;
}

/** Windows at equal distances: places of theirs and of their taps, in units of `inner` elements. */
export interface Windows {
  readonly count: number;
  readonly first: number;
  readonly step: number;
  /** First places of the taps within the map. */
  readonly taps: readonly number[];
  readonly tapStep: number;
}

/** {@link sizeBetween} of a band: so many float32 stay in the second-level cache. */
const BAND = 65536;

/** A run at most: so many elements fit where arrays outside of the heap are copied to. */
const RUN = 4096;

/** Elements of what is between the map and the smaller one: a line of windows for each row. */
export function sizeBetween({ alongRows: { outer, outLength, inner } }: Band): number {
  return outer * outLength * inner;
}

/** Bands whose {@link sizeBetween} is small, of all images in order. */
export function bandsOf(params: WindowParams): Band[] {
  const { images, height, outHeight } = isOneMap(params) ? joined(params) : params;
  const { width, channels, outWidth, kernel, stride, padding } = params;
  const window = { kernel, stride }, line = outWidth * channels;
  const most = Math.max(1, Math.floor((Math.floor(BAND / line) - kernel) / stride) + 1);
  const bands: Band[] = [];
  for (let image = 0; image < images; image++) {
    for (let first = 0; first < outHeight; first += most) {
      const lines = Math.min(most, outHeight - first), start = first * stride - padding;
      const top = Math.max(0, start);
      const rows = Math.min(height, start + (lines - 1) * stride + kernel) - top;
      const along = { ...window, outLength: lines, length: rows, padding: top - start };
      bands.push({
        map: (image * height + top) * width * channels,
        windows: (image * outHeight + first) * line,
        alongRows: {
          ...window,
          ...{ outer: rows, length: width, outLength: outWidth, inner: channels, padding },
        },
        alongColumns: { ...along, outer: 1, inner: line },
      });
    }
  }
  return bands;
}

/** True where no window of an image's rows reaches beyond them and none is left over: images are as one, of all rows. */
function isOneMap({ height, outHeight, kernel, stride, padding }: WindowParams): boolean {
  return padding === 0 && kernel <= stride && height === outHeight * stride;
}

function joined({ images, height, outHeight }: WindowParams) {
  return { images: Math.min(1, images), height: images * height, outHeight: images * outHeight };
}

/** Loops by the taps of a window, each made when it is needed first. */
export type WindowLoops = (taps: number) => RunLoop<string>;

/** Keeps what `make` makes. */
export function windowLoops(make: WindowLoops): WindowLoops {
  const loops = new Map<number, RunLoop<string>>();
  return (taps) => {
    const loop = loops.get(taps) ?? make(taps);
    loops.set(taps, loop);
    return loop;
  };
}

/** Names of the taps of an array in a loop: `x0`, `x1` … */
export function tapNames(name: string, taps: number): string[] {
  return Array.from({ length: taps }, (_, k) => `${name}${k}`);
}

/** Runs over all windows along an axis, the cut ones last: those of `inside` may have gone over them as if whole. */
export function runAlong(loops: WindowLoops, arrays: WindowArrays, axis: Axis): void {
  const { inside, cut } = windowsOf(axis);
  for (const at of [...inside, ...cut]) runOver(loops, arrays, { axis, at });
}

type Arrays = Readonly<Record<string, Float32Array>>;

/** Arrays over the map, which loops know by {@link tapNames}, and such over the smaller one. */
export interface WindowArrays {
  readonly map: Arrays;
  readonly windows: Arrays;
}

/** Runs over windows at equal distances. */
export function runOver(
  loops: WindowLoops,
  { map, windows }: WindowArrays,
  { axis: { inner }, at: { count, first, step, taps, tapStep } }: { axis: Axis; at: Windows },
): void {
  const arrays: Record<string, Float32Array> = { ...windows };
  for (const name in map) for (let k = 0; k < taps.length; k++) arrays[`${name}${k}`] = map[name]!;
  for (let start = 0; start < inner; start += RUN) {
    const places = (from: number, step: number) => ({
      from: from * inner + start,
      step: step * inner,
    });
    const own = places(first, step), at: Record<string, typeof own> = {};
    for (const name in windows) at[name] = own;
    taps.forEach((tap, k) => {
      for (const name in map) at[`${name}${k}`] = places(tap, tapStep);
    });
    loops(taps.length)(arrays, { length: Math.min(RUN, inner - start), count, at });
  }
}

/**
 * Windows that lie within the map whole, and those that its borders cut. Where the former follow each other across
 * `outer` at equal distances they are one, which goes over the latter in between as if they were whole.
 */
export function windowsOf(axis: Axis): { inside: Windows[]; cut: Windows[] } {
  const { outer, length, outLength, kernel, stride, padding } = axis;
  const begin = Math.min(outLength, Math.ceil(padding / stride));
  const end = Math.max(
    begin,
    Math.min(outLength, Math.floor((length + padding - kernel) / stride) + 1),
  );
  const inside: Windows[] = [], cut: Windows[] = [], along = { step: 1, tapStep: stride };
  const isOne = outer === 1 || outLength * stride === length;
  if (end > begin) {
    const count = end - begin + (isOne ? (outer - 1) * outLength : 0);
    for (let row = 0; row < (isOne ? 1 : outer); row++) {
      inside.push({ count, ...along, ...placesOf(axis, row, begin) });
    }
  }
  const across = { count: outer, step: outLength, tapStep: length };
  for (let position = 0; position < outLength; position++) {
    if (position < begin || position >= end) {
      cut.push({ ...across, ...placesOf(axis, 0, position) });
    }
  }
  return { inside, cut };
}

function placesOf(
  { length, outLength, kernel, stride, padding }: Axis,
  row: number,
  window: number,
) {
  const start = window * stride - padding, begin = Math.max(0, start);
  const end = Math.min(length, start + kernel);
  const taps = Array.from({ length: end - begin }, (_, k) => row * length + begin + k);
  return { first: row * outLength + window, taps };
}
