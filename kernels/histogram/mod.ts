/**
 * Histograms of what proposals are like, on the device: of their IoU with the truth and of their regression
 * targets (the paper's Figures 1 and 2; the original has none). No gradient.
 * @module
 */
import {
  defineKernel,
  type Dispatch,
  empty,
  formatShape,
  gridFor,
  launch,
  type Tensor,
} from "../../core/runtime/mod.ts";
import { expectShape } from "../_shared/expect_shape.ts";
import source from "./count.wgsl" with { type: "text" };
import { histogram as host, type HistogramParams } from "./host.ts";

const shader = { source };

const kernel = defineKernel({
  name: "histogram",
  signature: { values: "f32", labels: "i32", names: "i32", counts: "i32" },
  host,
  wgsl: (params: HistogramParams): Dispatch[] => {
    const count = params.columns * params.bins;
    const { grid, rowLength: row } = gridFor(count, 64);
    return [{ shader, uniforms: { ...params, count, row }, grid }];
  },
});

/** Equal bins over a range. */
export interface Bins {
  /** The first bin's lower edge. */
  readonly low: number;
  /** The last bin's upper edge. */
  readonly high: number;
  /** How many bins there are; at least 1. */
  readonly bins: number;
}

/**
 * Counts the values of each column in equal bins. A bin holds its lower edge and not its upper one; what lies
 * below `low` is in the first bin, what lies at or beyond `high` in the last; NaN and infinite values are in none.
 * @param input.values f32 `[N, P, C]`, or `[N, P]` for one column
 * @param input.labels i32 `[N, P]`: −1 is padding
 * @param input.names i32 `[N, P]`: rows with a negative name (ground truth) do not count; all may where absent
 * @param options.leastLabel rows of a smaller label do not count: 0 leaves out padding alone, 1 background too
 * @returns i32 `[C, bins]`
 * @throws RangeError where the shapes do not fit, the range is empty or there is no bin
 */
export function histogram(
  input: { readonly values: Tensor; readonly labels: Tensor; readonly names?: Tensor },
  { low, high, bins, leastLabel }: Bins & { readonly leastLabel: 0 | 1 },
): Tensor {
  const { values, labels, names = labels } = input;
  const [images = 0, perImage = 0, columns = 1] = values.shape;
  if (values.shape.length !== 2 && values.shape.length !== 3) {
    throw new RangeError(
      `Cannot count values as they must be [N, P] or [N, P, C]: their shape is ${
        formatShape(values.shape)
      }`,
    );
  }
  if (!(low < high && Number.isSafeInteger(bins) && bins >= 1)) {
    throw new RangeError(`Cannot count values in ${bins} bins from ${low} to ${high}`);
  }
  expectShape(labels, [images, perImage], "labels of counted rows");
  expectShape(names, [images, perImage], "names of counted rows");
  const counts = empty(values.device, [columns, bins], "i32");
  const rows = images * perImage, scale = bins / (high - low);
  launch(kernel, { values, labels, names, counts }, {
    ...{ rows, columns, bins, low, scale, leastLabel },
  });
  return counts;
}

/** The edges of the bins, from `low` to `high`: one more than there are bins. */
export function binEdges({ low, high, bins }: Bins): number[] {
  // To 12 digits: 0.3 is not 0.30000000000000004 in a file that people read.
  return Array.from(
    { length: bins + 1 },
    (_, i) => Number((low + (high - low) * i / bins).toPrecision(12)),
  );
}
