/** Renaming by a table of prefixes, and what else the tensors of other makers' detectors need. @module */
import type { HostTensor } from "../../../nn/state.ts";

/** What stands before a tensor's last name, theirs and the original's: `["rpn.head.conv", "rpn_conv"]`. */
export type NameTable = readonly (readonly [theirs: string, ours: string])[];

/** What the tensors are for. */
export interface ForeignOptions {
  /** MODEL.ROI_BOX_HEAD.NUM_CLASSES, the background included. */
  readonly classes: number;
}

/** The tensors under the names of a table; those that it does not know keep theirs. */
export function renamed(
  tensors: ReadonlyMap<string, HostTensor>,
  table: NameTable,
): Map<string, HostTensor> {
  return new Map(Array.from(tensors, ([name, tensor]) => [renamedOne(name, table), tensor]));
}

function renamedOne(name: string, table: NameTable): string {
  const fitting = table.filter(([theirs]) => name.startsWith(`${theirs}.`));
  const longest = fitting.toSorted(([a], [b]) => b.length - a.length)[0];
  return longest ? longest[1] + name.slice(longest[0].length) : name;
}

/** A table's rows for `count` numbered parts, from theirs 0 and ours 1. */
export function numbered(count: number, theirs: (n: number) => string, ours: string): NameTable {
  return Array.from({ length: count }, (_, n) => [theirs(n), `${ours}${n + 1}`]);
}

/** A body's parts, below a prefix of theirs: the original has a stem of its own and calls all else the same. */
export function bodyNames(prefix: string): NameTable {
  return [
    [`${prefix}conv1`, "backbone.body.stem.conv1"],
    [`${prefix}bn1`, "backbone.body.stem.bn1"],
    ...[1, 2, 3, 4].map((n) => [`${prefix}layer${n}`, `backbone.body.layer${n}`] as const),
  ];
}

/** Changes those tensors whose names end in a word; others are passed on. */
export function changed(
  tensors: ReadonlyMap<string, HostTensor>,
  ending: RegExp,
  change: (tensor: HostTensor) => HostTensor,
): Map<string, HostTensor> {
  return new Map(Array.from(tensors, ([name, tensor]) => [
    name,
    ending.test(name) ? change(tensor) : tensor,
  ]));
}

/**
 * Batch norm's ε, which the original has not, in the variances: the same scale, weight / √(variance + ε).
 * @param epsilon added in float32, as batch norm does
 */
export function withEpsilon(
  tensors: ReadonlyMap<string, HostTensor>,
  epsilon: number,
): Map<string, HostTensor> {
  const add = ({ shape, data }: HostTensor) => ({ shape, data: data.map((v) => v + epsilon) });
  return changed(tensors, /(^|\.)running_var$/, add);
}

/**
 * Blocks of rows in another order.
 * @param blocks of the result, in order: a block of the tensor, or `zeros`
 * @param height rows of a block: 1 of class scores, 4 of box offsets
 */
export function arranged(
  { shape, data }: HostTensor,
  blocks: readonly (number | "zeros")[],
  height: number,
): HostTensor {
  const [rows = 0, ...rest] = shape;
  const size = rows === 0 ? 0 : data.length / rows * height;
  const out = new Float32Array(blocks.length * size);
  blocks.forEach((block, i) => {
    if (block !== "zeros") out.set(data.subarray(block * size, (block + 1) * size), i * size);
  });
  return { shape: [blocks.length * height, ...rest], data: out };
}
