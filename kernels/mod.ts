/** All operators: one export line each. */
export * from "./anchor_grid/mod.ts";
export * from "./box_decode/mod.ts";
export * from "./box_encode/mod.ts";
export * from "./frozen_scale/mod.ts";
export * from "./match_boxes/mod.ts";
export * from "./relu/mod.ts";
export * from "./roi_labels/mod.ts";
export * from "./rpn_labels/mod.ts";
export * from "./valid_rows/mod.ts";
export * from "./large_boxes/mod.ts";
export * from "./channel_affine/mod.ts";
export * from "./group_norm/mod.ts";
export * from "./max_pool/mod.ts";
export * from "./upsample_add/mod.ts";
export * from "./conv2d/mod.ts";
export * from "./linear/mod.ts";
