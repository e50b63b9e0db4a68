/**
 * Dynamic R-CNN for Deno: the detector of "Dynamic R-CNN: Towards High Quality Object Detection via Dynamic
 * Training" (ECCV 2020) on Deno's built-in WebGPU, or on a CPU through BLAS.
 *
 * ```ts
 * import { defineExperiment, DynamicRcnn, openDevice } from "./mod.ts";
 *
 * const config = defineExperiment({ MODEL: { ROI_BOX_HEAD: { NUM_CLASSES: 4 } } });
 * const device = await openDevice();
 * const model = new DynamicRcnn(device, config.MODEL, { seed: 0, imagesPerGpu: 2 });
 * console.log(model.state.entries().length, "tensors");
 * model.close();
 * device.close();
 * ```
 *
 * @module
 */
export * from "./core/detection/mod.ts";
export { evaluateBoxes, readDetections } from "./core/eval/mod.ts";
export { applyOverrides, type Config, defaults, defineExperiment } from "./core/train/config.ts";
export { openDevice } from "./core/runtime/mod.ts";
export type { Device, OpenOptions, Tensor } from "./core/runtime/mod.ts";
