/** How `train` is called. @module */
import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { option } from "@optique/core/primitives";
import type { TrainOptions } from "../options.ts";
import { type CommandParser, common, experiment } from "./shared.ts";

const train = merge(
  experiment,
  object({
    fresh: option("--fresh", {
      description: message`Start over although there is a checkpoint to go on from.`,
    }),
  }),
  common,
);

/** The command `train`. */
export const trainCommand: CommandParser<TrainOptions> = {
  parser: train,
  does: "Trains, then tests the last checkpoint and writes the report. Goes on from the last " +
    "checkpoint where there is one.",
  examples: [
    "train experiments/quickstart",
    "train quickstart --set SOLVER.MAX_ITER=200 --device cpu",
    "train r50_fpn_1x --set SOLVER.MAX_ITER=3 --fresh",
  ],
};
