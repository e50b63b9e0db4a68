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
import searchSource from "./search.wgsl" with { type: "text" };

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

/**
 * A shader in two widths: a GPU's, and the invocations that a CPU that pretends to be one computes at once (eight), so
 * that none waits at a barrier and what all do alike is done once.
 */
interface Widths {
  readonly gpu: Shader;
  readonly software: Shader;
}

/** The two widths of one WGSL text with an `override WIDTH`. */
export function widths(source: string): Widths {
  return {
    gpu: { source, constants: { WIDTH: 256 } },
    software: { source, constants: { WIDTH: 8 } },
  };
}

/** The width for `context`'s device. */
export function widthFor(shaders: Widths, context: PlanContext): Shader {
  return context.isSoftware ? shaders.software : shaders.gpu;
}

const cutShaders = widths(searchSource + cutSource);
const compactShaders = widths(searchSource + compactSource);
/** Indices that one invocation of rank.wgsl places. */
const RANKED = 4;

const rankShader: Shader = { source: rankSource };

const cutKernel = defineKernel({
  name: "selection_cut",
  signature: { keys: "u32", table: "u32", cuts: "u32" },
  host: host.cutRows,
  wgsl: ({ rows, ...uniforms }: host.CutParams, context): Dispatch[] => [
    { shader: widthFor(cutShaders, context), uniforms: { ...uniforms }, grid: [rows, 1, 1] },
  ],
});

const compactKernel = defineKernel({
  name: "selection_compact",
  signature: { keys: "u32", table: "u32", out: "i32", outKeys: "u32", counts: "i32" },
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
    grid: [Math.ceil(longest / (64 * RANKED)), rows, 1],
  }],
});

/**
 * Where to cut each row of `keys` u32 [N, L] so that its best k keys but 0 are on one side.
 * @returns u32 [N·segments, 4]: (key, end, count, 0); key and index decide as search.wgsl says
 */
export function cutKeys(keys: Tensor, table: SegmentTable): Tensor {
  const [images, length] = keys.shape as [number, number];
  const { segments } = table, rows = images * segments;
  const cuts = empty(keys.device, [rows, 4], "u32");
  launch(cutKernel, { keys, table: table.tensor, cuts }, { rows, segments, length });
  return cuts;
}

/** What {@link compactKeys} finds. */
export interface Found {
  /** i32 [N, Σk]: indices into an image's keys, ascending in each segment, then −1. */
  readonly indices: Tensor;
  /** u32 [N, Σk]: their keys, then 0. */
  readonly keys: Tensor;
  /** i32 [N·segments, 2]: how many have keys of at least `split`, or just how many and 0. */
  readonly counts: Tensor;
}

/** Which keys {@link compactKeys} selects of each row; 0 never. */
export type Choice =
  /** All: those in front, where they are more than k. */
  | { readonly which: "all" }
  /** The best k. */
  | { readonly which: "best" }
  /** The best of the keys of at least `split`, `most` of them at most; then, up to k in all, the best of those below. */
  | { readonly which: "both"; readonly split: number; readonly most: number };

/** The selected of `keys` u32 [N, L] in index order. */
export function compactKeys(keys: Tensor, table: SegmentTable, choice: Choice): Found {
  const [images, length] = keys.shape as [number, number];
  const { segments, outLength } = table;
  const rows = images * segments;
  const out = empty(keys.device, [images, outLength], "i32");
  const outKeys = empty(keys.device, [images, outLength], "u32");
  const counts = empty(keys.device, [rows, 2], "i32");
  const { split, most } = choice.which === "both" ? choice : { split: 0, most: 0xffffffff };
  const sides = { all: 0, best: 1, both: 2 }[choice.which];
  launch(compactKernel, { keys, table: table.tensor, out, outKeys, counts }, {
    ...{ rows, segments, length, outLength, sides, split, most },
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
  const found = compactKeys(keys, table, { which: "best" });
  return { indices: rankFound(found, table), counts: found.counts };
}
