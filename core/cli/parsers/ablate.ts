/** How `ablate` is called. @module */
import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { withDefault } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import { integer, type ValueParser } from "@optique/core/valueparser";
import { type Variant, VARIANT_NAMES } from "../ablate_variants.ts";
import type { AblateOptions } from "../options.ts";
import { type CommandParser, common, experiment } from "./shared.ts";

/** Names of variants, with commas between them. */
const variants: ValueParser<"sync", readonly Variant[]> = {
  mode: "sync",
  metavar: "NAMES",
  placeholder: VARIANT_NAMES,
  parse(input) {
    const names = input.split(",");
    const known = VARIANT_NAMES.filter((name) => names.includes(name));
    if (known.length === new Set(names).size) return { success: true, value: known };
    return {
      success: false,
      error: message`Expected some of ${VARIANT_NAMES.join(",")}, but got ${input}.`,
    };
  },
  format: (names) => names.join(","),
};

const ablate = merge(
  experiment,
  object({
    seeds: withDefault(
      option("--seeds", integer({ min: 1, max: 1000, metavar: "N" }), {
        description: message`Seeds of each variant, counted up from SEED (default: 3).`,
      }),
      3,
    ),
    variants: withDefault(
      option("--variants", variants, {
        description: message`Which of baseline,dla,dsl,both to compare (default: all).`,
      }),
      VARIANT_NAMES,
    ),
    fresh: option("--fresh", {
      description: message`Start over although some runs are there already.`,
    }),
  }),
  common,
);

/** The command `ablate`. */
export const ablateCommand: CommandParser<AblateOptions> = {
  parser: ablate,
  does: "Trains an experiment without its dynamics, with each part of them and with both, over " +
    "several seeds, and compares them. Goes on where it was stopped.",
  examples: [
    "ablate experiments/quickstart --seeds 3",
    "ablate quickstart --seeds 2 --variants baseline,both --set SOLVER.MAX_ITER=1000",
  ],
};
