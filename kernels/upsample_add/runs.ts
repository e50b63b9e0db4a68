/** Upsampling of whole vectors of channels in float32: a loop over runs works on the pixels of a line of the smaller map. */
import { lanes, type RunLoop, runLoop } from "../../core/runtime/mod.ts";
import type { UpsampleParams } from "./host.ts";

/** The four places, by row and column, of the larger map's pixels that take their value from one of the smaller map. */
const PLACES = [[0, 0], [0, 1], [1, 0], [1, 1]] as const;

/** How many of them there are: fewer in the last line or column of a map of odd extent. */
interface Block {
  readonly rows: number;
  readonly columns: number;
}

type Arrays = Readonly<Record<string, Float32Array>>;

const sums = loopsOf((places) =>
  runLoop({
    streams: ["top", ...places.map((place) => `lateral${place}`)],
    outputs: (value) =>
      Object.fromEntries(
        places.map((place) => [`out${place}`, lanes.add(value.top!, value[`lateral${place}`]!)]),
      ),
  })
);

/** out = top at the nearest pixel + lateral. */
export function upsample(
  { top, lateral, out }: Record<"top" | "lateral" | "out", Float32Array>,
  params: UpsampleParams,
): void {
  overLines(sums, { small: { top }, large: { lateral, out } }, params);
}

const gradients = loopsOf((places) =>
  runLoop({
    streams: places.map((place) => `dOut${place}`),
    outputs: (value) => ({
      dTop: places.map((place) => value[`dOut${place}`]!).reduce((a, b) => lanes.add(a, b)),
    }),
  })
);

/** dTop = sum of dOut over the pixels that each element went to. */
export function sumBlocks(
  { dOut, dTop }: Record<"dOut" | "dTop", Float32Array>,
  params: UpsampleParams,
): void {
  overLines(gradients, { small: { dTop }, large: { dOut } }, params);
}

/** The loops for the four kinds of blocks, given the places' names. */
function loopsOf(
  loopOf: (places: readonly string[]) => RunLoop<string>,
): (block: Block) => RunLoop<string> {
  const loops = [1, 2].map((rows) =>
    [1, 2].map((columns) =>
      loopOf(PLACES.filter(([y, x]) => y < rows && x < columns).map(([y, x]) => `${y}${x}`))
    )
  );
  return ({ rows, columns }) => loops[rows - 1]![columns - 1]!;
}

/** Runs `loops` over all blocks; they know arrays of the larger map by their name and the place: `lateral01`. */
function overLines(
  loops: (block: Block) => RunLoop<string>,
  { small, large }: { small: Arrays; large: Arrays },
  { images, height, width, channels, topHeight, topWidth }: UpsampleParams,
): void {
  const arrays: Record<string, Float32Array> = { ...small };
  const own = { from: 0, step: channels }, at: Record<string, typeof own> = {};
  for (const name in small) at[name] = own;
  const places = PLACES.map(([y, x]) => {
    const place = { from: 0, step: 2 * channels };
    for (const name in large) {
      arrays[`${name}${y}${x}`] = large[name]!;
      at[`${name}${y}${x}`] = place;
    }
    return { place, offset: y * width + x };
  });
  const pairs = Math.floor(width / 2);
  for (let line = 0; line < images * topHeight; line++) {
    const y = 2 * (line % topHeight), n = Math.floor(line / topHeight);
    // Moved along instead of made anew: lines are short.
    const moveTo = (column: number) => {
      own.from = (line * topWidth + column) * channels;
      const pixel = (n * height + y) * width + 2 * column;
      for (const { place, offset } of places) place.from = (pixel + offset) * channels;
    };
    const rows = Math.min(2, height - y);
    moveTo(0);
    loops({ rows, columns: 2 })(arrays, { length: channels, count: pairs, at });
    if (width % 2 === 0) continue;
    moveTo(pairs);
    loops({ rows, columns: 1 })(arrays, { length: channels, count: 1, at });
  }
}
