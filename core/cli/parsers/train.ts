/** How `train` is called. @module */
import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import { choice, integer, string } from "@optique/core/valueparser";
import type { TrainOptions } from "../options.ts";
import { type CommandParser, common, experiment, profiling } from "./shared.ts";

const train = merge(
  experiment,
  object({
    fresh: option("--fresh", {
      description: message`Start over although there is a checkpoint to go on from.`,
    }),
    live: option("--live", {
      description: message`Serve the run's plots to this machine's browsers while it trains.`,
    }),
    port: optional(
      option("--port", integer({ min: 0, max: 65535, metavar: "N" }), {
        description: message`The port of --live (default: a free one).`,
      }),
    ),
    resume: optional(
      option("--resume", choice(["strict", "auto"], { metavar: "HOW" }), {
        description:
          message`auto: where the newest checkpoint is damaged, go on from the one before it (default: strict, refuse).`,
      }),
    ),
    initFrom: optional(
      option("--init-from", string({ metavar: "FILE" }), {
        description:
          message`Start a new run from these weights, of any kind that can be read; a head of other classes starts at random.`,
      }),
    ),
  }),
  profiling,
  common,
);

/** The command `train`. */
export const trainCommand: CommandParser<TrainOptions> = {
  parser: train,
  does: "Trains, then tests the last checkpoint and writes the report. Goes on from the last " +
    "checkpoint where there is one.",
  examples: [
    "train experiments/quickstart",
    "train quickstart --live",
    "train quickstart --set SOLVER.MAX_ITER=200 --device cpu",
    "train r50_fpn_1x --set MODEL.WEIGHT= --set SOLVER.MAX_ITER=3 --fresh",
    "train bccd --fresh --init-from best.safetensors",
  ],
};
