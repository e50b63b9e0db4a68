/** What an ablation compares. @module */

/** What of Dynamic R-CNN each variant has, as in the paper's ablation: baseline first. */
export const VARIANTS = {
  baseline: { DLA: false, DSL: false },
  dla: { DLA: true, DSL: false },
  dsl: { DLA: false, DSL: true },
  both: { DLA: true, DSL: true },
} as const;

/** A variant's name. */
export type Variant = keyof typeof VARIANTS;

/** All variants' names, in the order in which they are trained. */
export const VARIANT_NAMES = ["baseline", "dla", "dsl", "both"] as const satisfies Variant[];
