/**
 * Where log messages go: to stderr and, during a run, to its `train_log.txt`. Both are written at
 * once, so that nothing is lost when the process is killed.
 * @module
 */
import {
  configure,
  getLogger,
  type LogLevel,
  type LogRecord,
  reset,
  type Sink,
} from "@logtape/logtape";
import { dirname } from "node:path";

const CATEGORY = "dynamic_rcnn";

/** What is logged, and where to. */
export interface LoggingOptions {
  /** Debug messages as well. */
  readonly debug?: boolean;
  /** A file that every message is appended to, with its time; its folder is made. */
  readonly file?: string;
  /** Takes the lines for the terminal, without their ends; stderr by default. */
  readonly write?: (line: string) => void;
}

let closeFile: (() => void) | undefined;

/** Sets up logging; a later call replaces an earlier one (a run adds its file so). */
export async function configureLogging(options: LoggingOptions = {}): Promise<void> {
  await closeLogging();
  const sinks: Record<string, Sink> = { terminal: terminalSink(options.write ?? writeToStderr) };
  if (options.file !== undefined) sinks.file = openFileSink(options.file);
  const names = Object.keys(sinks);
  const lowestLevel: LogLevel = options.debug ? "debug" : "info";
  await configure({
    sinks,
    loggers: [
      { category: CATEGORY, sinks: names, lowestLevel },
      { category: ["logtape", "meta"], sinks: names, lowestLevel: "error" },
    ],
    reset: true,
  });
}

/** Closes the log file and takes the sinks down; messages after it go nowhere. */
export async function closeLogging(): Promise<void> {
  await reset();
  closeFile?.();
  closeFile = undefined;
}

/** Takes messages, each a line of plain text. */
export interface Log {
  debug(text: string): void;
  info(text: string): void;
  warn(text: string): void;
}

/** The log of one part of the program, for example `logger("trainer")`. */
export function logger(part: string): Log {
  const log = getLogger([CATEGORY, part]);
  // The text is a value of the message: as the message itself, braces in a path would be a template.
  return {
    debug: (text) => log.debug("{text}", { text }),
    info: (text) => log.info("{text}", { text }),
    warn: (text) => log.warn("{text}", { text }),
  };
}

function writeToStderr(line: string): void {
  writeAll(Deno.stderr, new TextEncoder().encode(`${line}\n`));
}

function writeAll(file: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
}

function terminalSink(write: (line: string) => void): Sink {
  return (record) => write(`${prefix(record.level)}${text(record)}`);
}

function openFileSink(path: string): Sink {
  Deno.mkdirSync(dirname(path), { recursive: true });
  const file = Deno.openSync(path, { append: true, create: true });
  closeFile = () => file.close();
  const encoder = new TextEncoder();
  return (record) => writeAll(file, encoder.encode(fileLine(record)));
}

/** The original's form: `2020-07-01 12:00:00,000 dynamic_rcnn.trainer INFO: message`. */
function fileLine(record: LogRecord): string {
  const time = new Date(record.timestamp).toISOString().replace("T", " ").replace("Z", "")
    .replace(".", ",");
  return `${time} ${record.category.join(".")} ${record.level.toUpperCase()}: ${text(record)}\n`;
}

function prefix(level: LogLevel): string {
  return level === "info" ? "" : `${level}: `;
}

function text(record: LogRecord): string {
  return record.message.map((part) => typeof part === "string" ? part : Deno.inspect(part)).join(
    "",
  );
}
