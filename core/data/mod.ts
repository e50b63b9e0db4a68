/**
 * Data sets: COCO-format annotations, images, batches, and the digits that the quickstart makes.
 * @module
 */

export * from "./augment.ts";
export * from "./bad_images.ts";
export * from "./batches.ts";
export * from "./check.ts";
export * from "./coco_categories.ts";
export * from "./coco_dataset.ts";
export * from "./coco_entries.ts";
export * from "./coco_faults.ts";
export * from "./color_jitter.ts";
export * from "./digits.ts";
export * from "./geometry.ts";
export * from "./image.ts";
export * from "./loader.ts";
export * from "./own_images.ts";
export * from "./random.ts";
