/**
 * SmoothL1 with beta as a run-time number, in the detector's two uses: |d| < beta: d²/(2·beta), else
 * |d| − beta/2 (Girshick, Fast R-CNN, eq. 3; Dynamic R-CNN, eq. 5).
 * @module
 */
export * from "./anchors.ts";
export * from "./rois.ts";
