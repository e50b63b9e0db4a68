/** All operators: one export line each. */
export * from "./relu/mod.ts";
