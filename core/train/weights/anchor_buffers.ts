/** The anchors as the original's models hold them: buffers, which its files have and it asks for. */
import { cellAnchors } from "../../detection/anchors.ts";
import type { HostTensor } from "../../nn/state.ts";
import { sameShape } from "../../runtime/shape.ts";
import type { Config } from "../config_types.ts";

/** Pixels that a file's anchors may be off: rounding, not another model. */
const TOLERANCE = 1e-3;

/** `anchor_generator.cell_anchors.{0..4}`: `[ratios, 4]`, x1 y1 x2 y2 around a cell, by level. */
export function anchorBuffers({ RPN }: Config["MODEL"]): Map<string, HostTensor> {
  return new Map(RPN.ANCHOR_SIZES.map((size, level) => {
    const data = cellAnchors(RPN.ANCHOR_STRIDE[level]!, [size], {
      ratios: RPN.ASPECT_RATIOS,
      layout: RPN.ANCHOR_LAYOUT,
    });
    return [`anchor_generator.cell_anchors.${level}`, { shape: [data.length / 4, 4], data }];
  }));
}

/** A sentence for each of a file's anchor buffers that is not what the configuration gives. */
export function anchorWarnings(
  tensors: ReadonlyMap<string, HostTensor>,
  anchors: ReadonlyMap<string, HostTensor>,
): string[] {
  return [...anchors].flatMap(([name, own]) => {
    const found = tensors.get(name);
    if (found === undefined || isSame(found, own)) return [];
    return [
      `The file's ${name} are other anchors than MODEL.RPN's sizes, strides and ratios give; ` +
      "its boxes will be off: set those keys as the file's model had them.",
    ];
  });
}

function isSame(a: HostTensor, b: HostTensor): boolean {
  return sameShape(a.shape, b.shape) &&
    a.data.every((value, i) => Math.abs(value - b.data[i]!) <= TOLERANCE);
}
