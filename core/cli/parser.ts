/**
 * The command line: which commands there are, with which options. Loaded only when a command
 * line is to be read, since the parsing library costs a quarter of a second.
 * @module
 */
import { text } from "@optique/core/message";
import { run } from "@optique/run";
import { EXIT } from "../runtime/errors.ts";
import { didYouMean } from "../train/config_nearest.ts";
import type { CommandName, CommandOptions, ParsedCommand } from "./options.ts";
import { ablateCommand } from "./parsers/ablate.ts";
import { dataCommand } from "./parsers/data.ts";
import { detectCommand } from "./parsers/detect.ts";
import { doctorCommand } from "./parsers/doctor.ts";
import { exportCommand } from "./parsers/export.ts";
import { inspectCommand } from "./parsers/inspect.ts";
import { reportCommand } from "./parsers/report.ts";
import { type CommandParser, examples } from "./parsers/shared.ts";
import { testCommand } from "./parsers/test.ts";
import { trainCommand } from "./parsers/train.ts";

/** Where the parser writes, and how it ends on `--help` and on errors. */
export interface ParseOutput {
  /** Called on `--help` (0) and on a command line that is not understood (2); must throw. */
  exit(code: number): never;
  stdout(text: string): void;
  stderr(text: string): void;
}

/** All commands, in the order of the overview. */
const COMMANDS: { readonly [Name in CommandName]: CommandParser<CommandOptions[Name]> } = {
  train: trainCommand,
  test: testCommand,
  ablate: ablateCommand,
  detect: detectCommand,
  report: reportCommand,
  data: dataCommand,
  inspect: inspectCommand,
  export: exportCommand,
  doctor: doctorCommand,
};

const NAMES: readonly string[] = Object.keys(COMMANDS);

/** The list of commands, one a line. */
function overview(): string {
  return [
    "Usage: deno task COMMAND [ARGUMENT...] (./run COMMAND on a machine that is not set up yet)",
    "",
    ...Object.entries(COMMANDS).map(([name, { does }]) => `  ${name.padEnd(9)}${does}`),
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
  function read<Name extends CommandName>(command: Name): CommandOptions[Name] {
    const { parser, does, examples: lines } = COMMANDS[command];
    return run(parser, {
      programName: `deno task ${command}`,
      args: rest,
      help: { option: { names: ["--help", "-h"] } },
      description: [text(does)],
      footer: examples(...lines),
      aboveError: "usage",
      errorExitCode: EXIT.usage,
      stdout: output.stdout,
      stderr: output.stderr,
      onExit: output.exit,
    });
  }
  switch (name) {
    case "train":
      return { name, options: read(name) };
    case "test":
      return { name, options: read(name) };
    case "ablate":
      return { name, options: read(name) };
    case "detect":
      return { name, options: read(name) };
    case "report":
      return { name, options: read(name) };
    case "data":
      return { name, options: read(name) };
    case "inspect":
      return { name, options: read(name) };
    case "export":
      return { name, options: read(name) };
    case "doctor":
      return { name, options: read(name) };
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
