/** Launches that gather what was selected. */
import {
  defineKernel,
  type Dispatch,
  empty,
  gridFor,
  launch,
  type Tensor,
} from "../../core/runtime/mod.ts";
import type { Found } from "../_shared/selection/mod.ts";
import boxesSource from "./gather_boxes.wgsl" with { type: "text" };
import namesSource from "./gather_names.wgsl" with { type: "text" };
import scoresSource from "./gather_scores.wgsl" with { type: "text" };
import { gatherBoxesHost, gatherNamesHost, type GatherParams, gatherScoresHost } from "./host.ts";

const boxesShader = { source: boxesSource };
const namesShader = { source: namesSource };
const scoresShader = { source: scoresSource };

const boxesKernel = defineKernel({
  name: "gather_boxes",
  signature: {
    boxes: "f32",
    indices: "i32",
    counts: "i32",
    truths: "f32",
    truthCounts: "i32",
    out: "f32",
    outCounts: "i32",
  },
  host: gatherBoxesHost,
  wgsl: ({ rows, ...uniforms }: GatherParams): Dispatch[] => {
    const size = rows * uniforms.capacity;
    const { grid, rowLength } = gridFor(size, 64);
    return [{ shader: boxesShader, uniforms: { ...uniforms, size, row: rowLength }, grid }];
  },
});

const namesKernel = defineKernel({
  name: "gather_names",
  signature: { names: "i32", indices: "i32", counts: "i32", truthCounts: "i32", out: "i32" },
  host: gatherNamesHost,
  wgsl: (
    { rows, ...uniforms }: {
      rows: number;
      capacity: number;
      indexLength: number;
      length: number;
      truthLength: number;
    },
  ): Dispatch[] => {
    const size = rows * uniforms.capacity;
    const { grid, rowLength } = gridFor(size, 64);
    return [{ shader: namesShader, uniforms: { ...uniforms, size, row: rowLength }, grid }];
  },
});

const scoresKernel = defineKernel({
  name: "gather_scores",
  signature: { scores: "f32", indices: "i32", out: "f32" },
  host: gatherScoresHost,
  wgsl: (params: { size: number; indexLength: number; length: number }): Dispatch[] => {
    const { grid, rowLength } = gridFor(params.size, 64);
    return [{ shader: scoresShader, uniforms: { ...params, row: rowLength }, grid }];
  },
});

/** Boxes in rows of fixed length and how many of each row are in use. */
export interface BoxRows {
  /** f32 [rows, capacity, 4]; zeros past the count. */
  readonly boxes: Tensor;
  /** i32 [rows]. */
  readonly counts: Tensor;
}

/**
 * The boxes that `found` names, of one row of it per row of output, then truths f32 [rows, G, 4].
 * @param options.layout where box i of a row lies in `boxes`: gather_boxes.wgsl
 */
export function gatherBoxes(
  boxes: Tensor,
  found: Pick<Found, "indices" | "counts">,
  options: {
    capacity: number;
    layout: Pick<GatherParams, "rowsPerImage" | "imageStride" | "indexStride" | "offset">;
    truths?: { boxes: Tensor; counts: Tensor };
  },
): BoxRows {
  const { capacity, layout, truths } = options;
  const [rows, indexLength] = found.indices.shape as [number, number];
  const out = empty(boxes.device, [rows, capacity, 4]);
  const outCounts = empty(boxes.device, [rows], "i32");
  launch(boxesKernel, {
    boxes,
    indices: found.indices,
    counts: found.counts,
    truths: truths?.boxes ?? boxes,
    truthCounts: truths?.counts ?? found.counts,
    out,
    outCounts,
  }, { rows, capacity, indexLength, truthLength: truths?.boxes.shape[1] ?? 0, ...layout });
  return { boxes: out, counts: outCounts };
}

/** The names i32 [N, L] of what `found` names, then −1, −2, … for the truths, then 0 → i32 [N, capacity]. */
export function gatherNames(
  names: Tensor,
  found: Pick<Found, "indices" | "counts">,
  { capacity, truths }: { capacity: number; truths?: { boxes: Tensor; counts: Tensor } },
): Tensor {
  const [rows, indexLength] = found.indices.shape as [number, number];
  const out = empty(names.device, [rows, capacity], "i32");
  launch(namesKernel, {
    names,
    indices: found.indices,
    counts: found.counts,
    truthCounts: truths?.counts ?? found.counts,
    out,
  }, {
    rows,
    capacity,
    indexLength,
    length: names.shape[1]!,
    truthLength: truths?.boxes.shape[1] ?? 0,
  });
  return out;
}

/** Scores f32 [N, L] at indices i32 [N, K] → f32 [N, K]; 0 where an index is −1. */
export function gatherScores(scores: Tensor, indices: Tensor): Tensor {
  const out = empty(scores.device, indices.shape);
  launch(scoresKernel, { scores, indices, out }, {
    size: indices.size,
    indexLength: indices.shape[1]!,
    length: scores.shape[1]!,
  });
  return out;
}
