/** What the parsers of several commands have in common. @module */
import { object } from "@optique/core/constructs";
import { lineBreak, type Message, message, text } from "@optique/core/message";
import { multiple, optional } from "@optique/core/modifiers";
import type { Parser } from "@optique/core/parser";
import { argument, option } from "@optique/core/primitives";
import { choice, integer, string } from "@optique/core/valueparser";

/** A command: how its arguments are read, what it does in a line, command lines to copy. */
export interface CommandParser<T> {
  readonly parser: Parser<"sync", T, unknown>;
  readonly does: string;
  readonly examples: readonly string[];
}

// Listed in every help, but kept out of the usage lines, which they would drown.
const hidden = "usage";

/** Options of every command. */
export const common = object("Options of every command", {
  sets: multiple(
    option("--set", string({ metavar: "KEY=VALUE" }), {
      hidden,
      description:
        message`Change a key of the configuration (repeatable). The value is read as JSON where it is JSON. SOLVER.MAX_ITER and SOLVER.STEPS given here count this run's own iterations and are not scaled to the batch.`,
    }),
  ),
  seed: optional(
    option("--seed", integer({ min: 0, max: 0xffffffff, metavar: "N" }), {
      hidden,
      description: message`Where all randomness starts (default: the configuration's SEED).`,
    }),
  ),
  device: optional(
    option("--device", choice(["webgpu", "cpu"], { metavar: "DEVICE" }), {
      hidden,
      description:
        message`webgpu or cpu (default: webgpu where the adapter is a real GPU, else cpu).`,
    }),
  ),
  adapter: optional(
    option("--adapter", string({ metavar: "NAME" }), {
      hidden,
      description: message`Use the GPU adapter whose name contains NAME.`,
    }),
  ),
  json: option("--json", {
    hidden,
    description: message`Print the result as one JSON document on stdout, all else on stderr.`,
  }),
  debug: option("--debug", {
    hidden,
    description: message`Show stack traces and debug messages.`,
  }),
});

/** EXPERIMENT, where a command takes one. */
export const experiment = object({
  experiment: optional(
    argument(string({ metavar: "EXPERIMENT" }), {
      description: message`Its name or folder (default: the experiment whose folder you stand in).`,
    }),
  ),
});

/** -i N. */
export const iteration = optional(
  option("-i", "--iteration", integer({ min: 1, metavar: "N" }), {
    description: message`The checkpoint's iteration (default: the newest).`,
  }),
);

/** --weights FILE. */
export const weights = optional(
  option("--weights", string({ metavar: "FILE" }), {
    description: message`Weights to load instead of the run's checkpoint.`,
  }),
);

/** --profile and --trace FILE. */
export const profiling = object({
  profile: option("--profile", {
    description: message`Say where a step spends its time, kernel by kernel.`,
  }),
  trace: optional(
    option("--trace", string({ metavar: "FILE" }), {
      description:
        message`With --profile: the file for the timeline, which chrome://tracing opens (train: profile.json in the run's folder where absent).`,
    }),
  ),
});

/** The examples below a help text. */
export function examples(...lines: readonly string[]): Message {
  return [
    text("Examples:"),
    ...lines.flatMap((line) => [lineBreak(), text(`  deno task ${line}`)]),
  ];
}
