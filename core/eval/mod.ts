/**
 * COCO box average precision, equal to pycocotools.
 *
 * ```ts
 * import { evaluateBoxes, readDetections } from "./core/eval/mod.ts";
 *
 * const truth = JSON.parse(await Deno.readTextFile("instances_val.json"));
 * const result = evaluateBoxes(truth, await readDetections("predictions.json"));
 * console.log(result.AP, result.AP50, result.AP90);
 * ```
 * @module
 */

export { type Confusion, confusion, type ConfusionOptions } from "./confusion.ts";
export { breakDownErrors, type ErrorBreakdown, type ErrorShare } from "./error_breakdown.ts";
export { ERROR_KINDS, type ErrorKind } from "./error_kinds.ts";
export { evaluateBoxes } from "./evaluate_boxes.ts";
export { boxIou } from "./match.ts";
export { parseDetections, readDetections } from "./read_detections.ts";
export * from "./types.ts";
