/** The runtime: devices, tensors, scopes, the gradient tape and kernel launches. */
export * from "./autograd.ts";
export * from "./cpu/gemm.ts";
export { heapScratch } from "./cpu/heap.ts";
export * as lanes from "./cpu/simd/expression.ts";
export * from "./cpu/simd/run_loop.ts";
export * from "./cpu/simd/strided_copy.ts";
export * from "./cpu/simd/tile_transform.ts";
export * from "./cpu/simd/vector_loop.ts";
export * from "./device.ts";
export { DryDevice } from "./dry_device.ts";
export { addInto, full } from "./elementary/mod.ts";
export * from "./errors.ts";
export * from "./kernel.ts";
export * from "./open.ts";
export type { DeviceProfile, LaunchTiming, ProfileClock, ProfileUnit } from "./profile.ts";
export { asyncScope, keep, scope } from "./scope.ts";
export * from "./shape.ts";
export { downloadAll, empty, fromArray, launch, Tensor, type TensorsOf } from "./tensor.ts";
