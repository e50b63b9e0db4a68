/**
 * The command line: which commands there are, with which options. Loaded only when a command
 * line is to be read, since the parsing library costs a quarter of a second.
 * @module
 */
import { merge, object, or } from "@optique/core/constructs";
import { lineBreak, type Message, message, text } from "@optique/core/message";
import { multiple, optional, withDefault } from "@optique/core/modifiers";
import type { Parser } from "@optique/core/parser";
import { argument, command, constant, option } from "@optique/core/primitives";
import { choice, float, integer, string } from "@optique/core/valueparser";
import { run } from "@optique/run";
import { EXIT } from "../runtime/errors.ts";
import { didYouMean } from "../train/config_nearest.ts";
import type { CommandName, ParsedCommand } from "./options.ts";

/** Where the parser writes, and how it ends on `--help` and on errors. */
export interface ParseOutput {
  /** Called on `--help` (0) and on a command line that is not understood (2); must throw. */
  exit(code: number): never;
  stdout(text: string): void;
  stderr(text: string): void;
}

// Listed in every help, but kept out of the usage lines, which they would drown.
const hidden = "usage";

const common = object("Options of every command", {
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

const experiment = object({
  experiment: optional(
    argument(string({ metavar: "EXPERIMENT" }), {
      description: message`Its name or folder (default: the experiment whose folder you stand in).`,
    }),
  ),
});

const weights = optional(
  option("--weights", string({ metavar: "FILE" }), {
    description: message`Weights to load instead of the run's checkpoint.`,
  }),
);

const train = merge(
  experiment,
  object({
    fresh: option("--fresh", {
      description: message`Start over although there is a checkpoint to go on from.`,
    }),
  }),
  common,
);

const test = merge(
  experiment,
  object({
    iteration: optional(
      option("-i", "--iteration", integer({ min: 1, metavar: "N" }), {
        description: message`The checkpoint's iteration (default: the newest).`,
      }),
    ),
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

const report = merge(
  object({
    runs: multiple(
      argument(string({ metavar: "RUN" }), {
        description: message`Experiments or run folders (default: the run trained last).`,
      }),
    ),
    out: optional(
      option("--out", string({ metavar: "FILE.html" }), {
        description: message`The file to write (default: the first run's report.html).`,
      }),
    ),
  }),
  common,
);

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
  common,
);

/** What a command does, in a line, and command lines to copy. */
const DOCS: Readonly<Record<CommandName, { does: string; examples: readonly string[] }>> = {
  train: {
    does: "Trains, then tests the last checkpoint and writes the report. Goes on from the last " +
      "checkpoint where there is one.",
    examples: [
      "train experiments/quickstart",
      "train quickstart --set SOLVER.MAX_ITER=200 --device cpu",
      "train r50_fpn_1x --set SOLVER.MAX_ITER=3 --fresh",
    ],
  },
  test: {
    does: "Evaluates a checkpoint; without EXPERIMENT and outside of one's folder, that of the " +
      "run trained last.",
    examples: [
      "test quickstart",
      "test quickstart -i 2500 -s",
      "test bccd --predictions mine.json --json",
    ],
  },
  report: {
    does: "Writes one self-contained HTML page that compares runs.",
    examples: [
      "report quickstart",
      "report quickstart quickstart_baseline --out ablation.html",
    ],
  },
  data: {
    does: "Makes a data set, or verifies those of an experiment.",
    examples: ["data digits", "data check experiments/bccd"],
  },
  inspect: {
    does: "Prints the model's layers, shapes, parameters, FLOPs and memory.",
    examples: ["inspect r50_fpn_1x", "inspect quickstart --step --json"],
  },
  doctor: {
    does: "Says what this machine has, what is missing and how to install it.",
    examples: ["doctor", "doctor --json"],
  },
};

const NAMES: readonly string[] = Object.keys(DOCS);

function examples(...lines: readonly string[]): Message {
  return [
    text("Examples:"),
    ...lines.flatMap((line) => [lineBreak(), text(`  deno task ${line}`)]),
  ];
}

/** The list of commands, one a line. */
function overview(): string {
  return [
    "Usage: deno task COMMAND [ARGUMENT...] (./run COMMAND on a machine that is not set up yet)",
    "",
    ...Object.entries(DOCS).map(([name, { does }]) => `  ${name.padEnd(9)}${does}`),
    "",
    "deno task COMMAND --help says more of each.",
  ].join("\n");
}

/**
 * Reads a command line, of which `args[0]` is the command. `--help` and what is not understood
 * end through `output.exit`, with 0 and 2; the latter with the nearest name where there is one.
 */
export function parseCommandLine(args: readonly string[], output: ParseOutput): ParsedCommand {
  const [name = "", ...rest] = args;
  function read<T>(command: CommandName, parser: Parser<"sync", T, unknown>): T {
    return run(parser, {
      programName: `deno task ${command}`,
      args: rest,
      help: { option: { names: ["--help", "-h"] } },
      description: [text(DOCS[command].does)],
      footer: examples(...DOCS[command].examples),
      aboveError: "usage",
      errorExitCode: EXIT.usage,
      stdout: output.stdout,
      stderr: output.stderr,
      onExit: output.exit,
    });
  }
  switch (name) {
    case "train":
      return { name, options: read(name, train) };
    case "test":
      return { name, options: read(name, test) };
    case "report":
      return { name, options: read(name, report) };
    case "data":
      return { name, options: read(name, or(dataCheck, dataMake)) };
    case "inspect":
      return { name, options: read(name, inspect) };
    case "doctor":
      return { name, options: read(name, common) };
    case "--help":
    case "-h":
      output.stdout(overview());
      return output.exit(EXIT.ok);
    default:
      output.stderr(overview());
      if (name !== "") output.stderr(`\nError: no command ${name}${didYouMean(name, NAMES)}.`);
      return output.exit(EXIT.usage);
  }
}
