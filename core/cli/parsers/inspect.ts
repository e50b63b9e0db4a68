/** How `inspect` is called. @module */
import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional, withDefault } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import { choice, float } from "@optique/core/valueparser";
import type { InspectOptions } from "../options.ts";
import { type CommandParser, common, experiment, profiling, weights } from "./shared.ts";

const inspect = merge(
  experiment,
  object({
    weights,
    step: option("--step", {
      description:
        message`One forward and backward pass on the first images, unaugmented; writes nothing.`,
    }),
    sampling: withDefault(
      option("--sampling", choice(["first", "random"], { metavar: "WHICH" }), {
        description: message`The samples of that pass: the first N (default) or random ones.`,
      }),
      "first",
    ),
    iou: optional(
      option("--iou", float({ min: 0, max: 1, metavar: "T" }), {
        description: message`IoU threshold of that pass (default: WARMUP_IOU).`,
      }),
    ),
    beta: optional(
      option("--beta", float({ min: Number.MIN_VALUE, metavar: "B" }), {
        description: message`SmoothL1's β of that pass (default: WARMUP_BETA).`,
      }),
    ),
  }),
  profiling,
  common,
);

/** The command `inspect`. */
export const inspectCommand: CommandParser<InspectOptions> = {
  parser: inspect,
  does: "Prints the model's layers, shapes, parameters, FLOPs and memory.",
  examples: [
    "inspect r50_fpn_1x",
    "inspect quickstart --step --json",
    "inspect quickstart --step --profile",
  ],
};
