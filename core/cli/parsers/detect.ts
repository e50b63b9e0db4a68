/** How `detect` is called. @module */
import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { multiple, optional } from "@optique/core/modifiers";
import { argument, option } from "@optique/core/primitives";
import { float, string } from "@optique/core/valueparser";
import type { DetectOptions } from "../options.ts";
import { type CommandParser, common, iteration, weights } from "./shared.ts";

const detect = merge(
  object({
    experiment: argument(string({ metavar: "EXPERIMENT" }), {
      description: message`The experiment's name or folder: which model, and how it is tested.`,
    }),
    images: multiple(
      argument(string({ metavar: "IMAGE" }), {
        description: message`Image files, or folders of them.`,
      }),
      { min: 1 },
    ),
    iteration,
    weights,
    out: optional(
      option("--out", string({ metavar: "DIR" }), {
        description: message`The folder to write into (default: detect in the run's folder).`,
      }),
    ),
    score: optional(
      option("--score", float({ min: 0, max: 1, metavar: "S" }), {
        description: message`The lowest score that counts (default: TEST.VIS_THRESH, 0.3).`,
      }),
    ),
  }),
  common,
);

/** The command `detect`. */
export const detectCommand: CommandParser<DetectOptions> = {
  parser: detect,
  does: "Finds objects in your own images: annotated pictures, and detections.json in COCO's " +
    "results form.",
  examples: [
    "detect quickstart photo.jpg",
    "detect bccd slides/ --score 0.5 --out found",
    "detect r50_fpn_1x street.jpg --weights model_0090000.pth",
  ],
};
