/**
 * Selecting the best of many numbers on the device without knowing how many there will be: keys (u32, larger is
 * better, 0 is no candidate) are *cut* at the k-th best, the selected *compacted* in index order, and *ranked*.
 * All work is on integers and ties go to the lower index, so every device selects the same. No gradients.
 * @module
 */
import {
  defineKernel,
  type Device,
  type Dispatch,
  empty,
  fromArray,
  keep,
  launch,
  type PlanContext,
  type Shader,
  type Tensor,
} from "../../../core/runtime/mod.ts";
import compactSource from "./compact.wgsl" with { type: "text" };
import cutSource from "./cut.wgsl" with { type: "text" };
import * as host from "./host.ts";
import rankSource from "./rank.wgsl" with { type: "text" };

/** A stretch of each image's keys from which the best k are wanted. */
export interface Stretch {
  /** First key. */
  readonly start: number;
  /** Number of keys. */
  readonly size: number;
  /** How many to select at most. */
  readonly k: number;
  /** Outputs that the stretch takes; k where absent. */
  readonly room?: number;
}

/** Stretches on a device: u32 [segments, 4] = (start, size, k, first output), and the outputs of an image. */
export interface SegmentTable {
  readonly tensor: Tensor;
  readonly segments: number;
  /** Sum of room: k, unless a stretch says otherwise. */
  readonly outLength: number;
  /** Largest k. */
  readonly longest: number;
}

const tables = new WeakMap<Device, Map<string, SegmentTable>>();

/** The table of `stretches`, uploaded once per device and kept; outputs follow one another in the order given. */
export function segmentTable(device: Device, stretches: readonly Stretch[]): SegmentTable {
  let known = tables.get(device);
  if (!known) tables.set(device, known = new Map());
  const key = stretches.map(({ start, size, k, room }) => `${start},${size},${k},${room}`).join(
    ";",
  );
  let table = known.get(key);
  if (!table) known.set(key, table = makeTable(device, stretches));
  return table;
}

function makeTable(device: Device, stretches: readonly Stretch[]): SegmentTable {
  const values = new Uint32Array(stretches.length * host.ENTRY);
  let outLength = 0, longest = 0;
  stretches.forEach(({ start, size, k, room = k }, i) => {
    values.set([start, size, k, outLength], i * host.ENTRY);
    outLength += room;
    longest = Math.max(longest, k);
  });
  const tensor = keep(fromArray(device, [stretches.length, host.ENTRY], values));
  return { tensor, segments: stretches.length, outLength, longest };
}

/** A shader in two widths: a GPU's, and that measured best on a CPU that pretends to be one, where barriers are dear. */
interface Widths {
  readonly gpu: Shader;
  readonly software: Shader;
}

/** The two widths of one WGSL text with an `override WIDTH`. */
export function widths(source: string): Widths {
  return {
    gpu: { source, constants: { WIDTH: 256 } },
    software: { source, constants: { WIDTH: 32 } },
  };
}

/** The width for `context`'s device. */
export function widthFor(shaders: Widths, context: PlanContext): Shader {
  return context.isSoftware ? shaders.software : shaders.gpu;
}

const cutShaders = widths(cutSource);
const compactShaders = widths(compactSource);
const rankShader: Shader = { source: rankSource };

const cutKernel = defineKernel({
  name: "selection_cut",
  signature: { keys: "u32", table: "u32", prior: "u32", cuts: "u32" },
  host: host.cutRows,
  wgsl: ({ rows, ...uniforms }: host.CutParams, context): Dispatch[] => [
    { shader: widthFor(cutShaders, context), uniforms: { ...uniforms }, grid: [rows, 1, 1] },
  ],
});

const compactKernel = defineKernel({
  name: "selection_compact",
  signature: {
    keys: "u32",
    table: "u32",
    upper: "u32",
    lower: "u32",
    out: "i32",
    outKeys: "u32",
    counts: "i32",
  },
  host: host.compactRows,
  wgsl: ({ rows, ...uniforms }: host.CompactParams, context): Dispatch[] => [
    { shader: widthFor(compactShaders, context), uniforms: { ...uniforms }, grid: [rows, 1, 1] },
  ],
});

const rankKernel = defineKernel({
  name: "selection_rank",
  signature: { found: "i32", foundKeys: "u32", counts: "i32", table: "u32", out: "i32" },
  host: host.rankRows,
  wgsl: (
    { rows, longest, segments, length }: {
      rows: number;
      longest: number;
      segments: number;
      length: number;
    },
  ): Dispatch[] => [{
    shader: rankShader,
    uniforms: { segments, length },
    grid: [Math.ceil(longest / 64), rows, 1],
  }],
});

/**
 * Where to cut each row of `keys` u32 [N, L] so that its best k are on one side.
 * @param options.low, options.high candidates are keys from `low` (1 where absent) to `high`
 * @param options.prior cuts whose counts lower the k of the same row
 * @returns u32 [N·segments, 4]: (key, end, count, 0); key and index decide as cut.wgsl says
 */
export function cutKeys(
  keys: Tensor,
  table: SegmentTable,
  options: { low?: number; high?: number; prior?: Tensor } = {},
): Tensor {
  const { low = 1, high = 0xffffffff, prior } = options;
  const [images, length] = keys.shape as [number, number];
  const rows = images * table.segments;
  const cuts = empty(keys.device, [rows, 4], "u32");
  launch(cutKernel, { keys, table: table.tensor, prior: prior ?? keys, cuts }, {
    rows,
    segments: table.segments,
    length,
    low,
    high,
    usePrior: prior ? 1 : 0,
  });
  return cuts;
}

/** What {@link compactKeys} finds. */
export interface Found {
  /** i32 [N, Σk]: indices into an image's keys, ascending in each segment, then −1. */
  readonly indices: Tensor;
  /** u32 [N, Σk]: their keys, then 0. */
  readonly keys: Tensor;
  /** i32 [N·segments, 2]: how many were found by `upper`, and by `lower`. */
  readonly counts: Tensor;
}

/**
 * The selected of `keys` u32 [N, L] in index order.
 * @param cuts keys of at least `split` are cut by `upper`, those below by `lower`; without cuts all keys but 0 are selected
 */
export function compactKeys(
  keys: Tensor,
  table: SegmentTable,
  cuts?: { upper: Tensor; lower: Tensor; split: number },
): Found {
  const [images, length] = keys.shape as [number, number];
  const rows = images * table.segments;
  const shape = [images, table.outLength];
  const out = empty(keys.device, shape, "i32");
  const outKeys = empty(keys.device, shape, "u32");
  const counts = empty(keys.device, [rows, 2], "i32");
  // Without cuts some u32 tensor must be bound where they would be; whatever is read from it is ignored.
  const { upper, lower } = cuts ?? { upper: keys, lower: keys };
  launch(compactKernel, { keys, table: table.tensor, upper, lower, out, outKeys, counts }, {
    rows,
    segments: table.segments,
    length,
    outLength: table.outLength,
    split: cuts?.split ?? 0,
    all: cuts ? 0 : 1,
  });
  return { indices: out, keys: outKeys, counts };
}

/** Indices of {@link Found} sorted by key, the best first: i32 [N, Σk], then −1 in each segment. */
export function rankFound(found: Found, table: SegmentTable): Tensor {
  const out = empty(found.indices.device, found.indices.shape, "i32");
  launch(rankKernel, {
    found: found.indices,
    foundKeys: found.keys,
    counts: found.counts,
    table: table.tensor,
    out,
  }, {
    rows: found.counts.shape[0]!,
    longest: table.longest,
    segments: table.segments,
    length: table.outLength,
  });
  return out;
}

/** The best k of each segment of `keys` u32 [N, L], the best first, and how many each has. */
export function bestOf(keys: Tensor, table: SegmentTable): { indices: Tensor; counts: Tensor } {
  const cuts = cutKeys(keys, table);
  const found = compactKeys(keys, table, { upper: cuts, lower: cuts, split: 0 });
  return { indices: rankFound(found, table), counts: found.counts };
}
