/** The command line of the bench. */
import { parseArgs } from "node:util";
import { UsageError } from "../core/runtime/errors.ts";
import { PEER_NAMES, type PeerName } from "./peers/peer.ts";
import { type SuiteName, SUITES } from "./result.ts";

/** What to measure, and how. */
export interface BenchOptions {
  readonly suites: readonly SuiteName[];
  readonly device: "webgpu" | "cpu" | undefined;
  readonly adapter: string | undefined;
  readonly peers: readonly PeerName[];
  readonly isQuick: boolean;
  readonly json: boolean;
  /** Put the results into bench/RESULTS.md. */
  readonly write: boolean;
  readonly rounds: number;
  readonly limit: number;
  /** Part of the names of the rows that are measured, in any case; all where absent. */
  readonly only: string | undefined;
  /** As {@link OpenOptions.forceVariant}. */
  readonly variant: string | undefined;
}

/** What `--help` prints. */
export const HELP = `deno task bench [layers] [ops] [steps] [startup]   (all where none is named)

Times what we compute beside its peers, each result checked before it is timed.

  --device webgpu|cpu  as everywhere: a real GPU where there is one, else the CPU device
  --adapter NAME       part of the adapter's name
  --peers LIST         of ${PEER_NAMES.join(", ")}; none; all that are installed where absent
  --variant V          forces kernel variants: name, or kernel=name,kernel=name
  --only TEXT          rows alone whose name has this part, such as 800 or "gradient of weight"
  --limit N            rows of a suite at most
  --rounds N           rounds of which the median counts (5)
  --quick              tiny cases that only show that all works
  --json               the results as one JSON document
  --write              put the results into bench/RESULTS.md; what was not measured stays there
  --debug              stack traces

TensorFlow.js is installed by: deno task bench-peers`;

/** Reads the command line; "help" where that was asked for. @throws UsageError */
export function readOptions(args: readonly string[]): BenchOptions | "help" {
  const { values, positionals } = parsed(args);
  if (values.help) return "help";
  const isQuick = values.quick ?? false, write = values.write ?? false;
  if (isQuick && write) throw new UsageError("--quick measures nothing that --write could keep.");
  return {
    suites: positionals.length === 0 ? SUITES : [...new Set(positionals)].map(suiteOf),
    device: deviceOf(values.device),
    adapter: values.adapter,
    peers: values.peers === undefined ? PEER_NAMES : peersOf(values.peers),
    isQuick,
    json: values.json ?? false,
    write,
    rounds: countOf("--rounds", values.rounds) ?? (isQuick ? 1 : 5),
    limit: countOf("--limit", values.limit) ?? Infinity,
    only: values.only,
    variant: values.variant,
  };
}

function parsed(args: readonly string[]) {
  const text = { type: "string" } as const, flag = { type: "boolean" } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        device: text,
        adapter: text,
        peers: text,
        variant: text,
        limit: text,
        only: text,
        rounds: text,
        quick: flag,
        json: flag,
        write: flag,
        help: flag,
        debug: flag,
      },
    });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : error} (--help lists all)`);
  }
}

function suiteOf(name: string): SuiteName {
  const suite = SUITES.find((known) => known === name);
  if (suite) return suite;
  throw new UsageError(`There is no suite "${name}"; there are ${SUITES.join(", ")}.`);
}

function deviceOf(name: string | undefined): "webgpu" | "cpu" | undefined {
  if (name === undefined || name === "webgpu" || name === "cpu") return name;
  throw new UsageError(`--device is webgpu or cpu, not "${name}".`);
}

function peersOf(list: string): PeerName[] {
  if (list === "none") return [];
  return list.split(",").map((name) => {
    const peer = PEER_NAMES.find((known) => known === name.trim());
    if (peer) return peer;
    throw new UsageError(`There is no peer "${name}"; there are ${PEER_NAMES.join(", ")}.`);
  });
}

function countOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1) return count;
  throw new UsageError(`${option} is a whole number from 1, not "${text}".`);
}
