/** All operators: one export line each. */
export * from "./frozen_scale/mod.ts";
export * from "./relu/mod.ts";
