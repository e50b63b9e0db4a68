/** How `test` is called. @module */
import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import type { TestOptions } from "../options.ts";
import { type CommandParser, common, experiment, iteration, weights } from "./shared.ts";

const test = merge(
  experiment,
  object({
    iteration,
    weights,
    predictions: optional(
      option("--predictions", string({ metavar: "FILE" }), {
        description: message`Evaluate saved detections (COCO results form) without a model.`,
      }),
    ),
    showRes: option("-s", "--show-res", {
      description: message`Write pictures: detections green, ground truth red.`,
    }),
  }),
  common,
);

/** The command `test`. */
export const testCommand: CommandParser<TestOptions> = {
  parser: test,
  does: "Evaluates a checkpoint; without EXPERIMENT and outside of one's folder, that of the " +
    "run trained last.",
  examples: [
    "test quickstart",
    "test quickstart -i 2500 -s",
    "test bccd --predictions mine.json --json",
  ],
};
