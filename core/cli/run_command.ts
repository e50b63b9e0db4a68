/**
 * From a command line to an exit code: reads it, runs the command, and turns what goes wrong into
 * one sentence on stderr.
 * @module
 */
import { EXIT, UserError } from "../runtime/errors.ts";
import { makeContext, processSurroundings, type Surroundings } from "./context.ts";
import type { CommandContext, ParsedCommand } from "./options.ts";

/** Ends the reading of a command line: `--help` was shown, or it was not understood. */
class ParserExit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

/**
 * Runs the command line `args`, of which the first is the command.
 * @returns the process's exit code; never throws.
 */
export async function runCommandLine(
  args: readonly string[],
  surroundings: Surroundings = processSurroundings(),
): Promise<number> {
  const parsed = await parse(args, surroundings);
  if (typeof parsed === "number") return parsed;
  const { json, debug } = parsed.options;
  const commandLine = ["deno task", ...args.map(quoted)].join(" ");
  const context = makeContext(surroundings, { json, commandLine });
  return await guarded(() => withLogging(parsed, context, surroundings), { debug, surroundings });
}

async function parse(
  args: readonly string[],
  { stdout, stderr }: Surroundings,
): Promise<ParsedCommand | number> {
  const { parseCommandLine } = await import("./parser.ts");
  const exit = (code: number): never => {
    throw new ParserExit(code);
  };
  try {
    return parseCommandLine(args, { exit, stdout, stderr });
  } catch (error) {
    if (error instanceof ParserExit) return error.code;
    throw error;
  }
}

async function withLogging(
  parsed: ParsedCommand,
  context: CommandContext,
  { stderr }: Surroundings,
): Promise<number | void> {
  const { dispatch } = await import("./commands.ts");
  const { closeLogging, configureLogging } = await import("./logging.ts");
  await configureLogging({ debug: parsed.options.debug, write: stderr });
  try {
    return await dispatch(parsed, context);
  } finally {
    await closeLogging();
  }
}

/**
 * Does `work`; what it throws becomes a message on stderr.
 * @returns the code that `work` returned, 0 without one, or the error's.
 */
export async function guarded(
  work: () => Promise<number | void>,
  { debug, surroundings }: { readonly debug: boolean; readonly surroundings: Surroundings },
): Promise<number> {
  try {
    return await work() ?? EXIT.ok;
  } catch (error) {
    surroundings.stderr(describeError(error, debug));
    return error instanceof UserError ? error.exitCode : EXIT.fault;
  }
}

function describeError(error: unknown, debug: boolean): string {
  if (debug) return `error: ${Deno.inspect(error)}`;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UserError) return `error: ${message}`;
  const kind = error instanceof Error ? `${error.name}: ` : "";
  return `error: ${kind}${message.split("\n", 1)[0]} (this should not happen; run again with ` +
    "--debug to see where)";
}

function quoted(arg: string): string {
  return /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`;
}
