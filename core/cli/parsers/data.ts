/** How `data` is called. @module */
import { merge, object, or } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional } from "@optique/core/modifiers";
import { argument, command, constant, option } from "@optique/core/primitives";
import { choice, string } from "@optique/core/valueparser";
import type { DataOptions } from "../options.ts";
import { type CommandParser, common, examples, experiment } from "./shared.ts";

const dataCheck = command(
  "check",
  merge(
    object({ action: constant("check") }),
    experiment,
    object({
      strict: option("--strict", {
        description: message`Take any bad image, box or category for an error (exit code 3).`,
      }),
    }),
    common,
  ),
  {
    description: message`Verifies an experiment's data sets; names every bad image and box.`,
    footer: examples("data check experiments/bccd", "data check bccd --strict --json"),
  },
);

const dataMake = merge(
  object({
    action: constant("make"),
    name: argument(choice(["digits"], { metavar: "NAME" }), {
      description: message`The data set to make: digits.`,
    }),
    out: optional(
      option("--out", string({ metavar: "DIR" }), {
        description: message`The folder to write (default: data/digits).`,
      }),
    ),
  }),
  common,
);

const data = or(dataCheck, dataMake);

/** The command `data`. */
export const dataCommand: CommandParser<DataOptions> = {
  parser: data,
  does: "Makes a data set, or verifies those of an experiment.",
  examples: ["data digits", "data check experiments/bccd"],
};
