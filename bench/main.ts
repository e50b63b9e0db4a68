/** `deno task bench`: times what we compute, beside its peers. See `--help`. @module */
import { processSurroundings } from "../core/cli/context.ts";
import { guarded } from "../core/cli/run_command.ts";
import { formatMs, markdown } from "./markdown.ts";
import { HELP, readOptions } from "./options.ts";
import type { BenchResult } from "./result.ts";
import { runBench } from "./run.ts";
import { store } from "./store.ts";

async function main(): Promise<void> {
  const { stdout, stderr } = surroundings;
  const options = readOptions(Deno.args);
  if (options === "help") return stdout(HELP);
  const report = await runBench(options, {
    note: stderr,
    result: (result) => stderr(describe(result)),
  });
  stdout(options.json ? JSON.stringify(report, null, 2) : markdown(report));
  if (options.write) await store(report, options);
}

function describe({ name, ms, gflops, ratio }: BenchResult): string {
  const ratios = Object.entries(ratio).flatMap(([peer, value]) =>
    value === null ? [] : [`${value.toFixed(2)} × ${peer}`]
  );
  const rate = gflops === null ? [] : [`${gflops.toFixed(1)} GFLOP/s`];
  return [`${name}: ${formatMs(ms)} ms`, ...rate, ...ratios].join(", ");
}

const surroundings = processSurroundings();
Deno.exit(await guarded(main, { debug: Deno.args.includes("--debug"), surroundings }));
