/** The suite `startup`: from the start of the process to the first iteration of the quickstart. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../core/runtime/errors.ts";
import type { BenchContext } from "./context.ts";
import { type BenchResult, byPeer } from "./result.ts";
import { median } from "./timing.ts";

const MAIN = fileURLToPath(new URL("../core/cli/main.ts", import.meta.url));

/** A start that takes longer has failed. */
const PATIENCE_MS = 10 * 60 * 1000;

/** Between looks at whether the first iteration is done. */
const LOOK_MS = 5;

/** What a start is to train; its data are made before. */
export interface StartedRun {
  readonly experiment: string;
  readonly device: "webgpu" | "cpu";
  /** Further arguments. */
  readonly more: readonly string[];
}

/** Times starts with empty caches of kernels and drivers (`cold`), then with those that they left (`warm`). */
export async function* benchStartup(context: BenchContext): AsyncGenerator<BenchResult> {
  const { device, rounds } = context;
  const run = { experiment: "quickstart", device: device.info.kind, more: [] };
  const cold: number[] = [], warm: number[] = [];
  for (let round = 0; round < (context.isQuick ? 1 : Math.min(3, rounds.rounds)); round++) {
    const [first, second] = await timeStarts(run);
    cold.push(first);
    warm.push(second);
  }
  const none = {
    ratio: byPeer(() => null),
    peer_ms: byPeer(() => null),
    gflops: null,
    share: null,
  };
  yield { suite: "startup", name: "quickstart, cold caches", ms: median(cold), ...none };
  yield { suite: "startup", name: "quickstart, warm caches", ms: median(warm), ...none };
}

/** Milliseconds of a cold and a warm start. */
export async function timeStarts(run: StartedRun): Promise<[number, number]> {
  const folder = await Deno.makeTempDir({ prefix: "bench_startup_" });
  try {
    const cold = await timeStart(run, { caches: folder, output: join(folder, "cold") });
    const warm = await timeStart(run, { caches: folder, output: join(folder, "warm") });
    return [cold, warm];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function timeStart(
  { experiment, device, more }: StartedRun,
  { caches, output }: { caches: string; output: string },
): Promise<number> {
  const args = ["train", experiment, "--device", device, "--fresh"];
  const start = performance.now();
  const child = new Deno.Command("deno", {
    args: ["run", "--allow-all", MAIN, ...args, "--set", `OUTPUT_DIR=${output}`, ...more],
    // Deno keeps its own cache: a start with that one empty would measure the network.
    env: {
      DENO_DIR: await denoDirectory(),
      XDG_CACHE_HOME: join(caches, "cache"),
      MESA_SHADER_CACHE_DIR: join(caches, "mesa"),
    },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();
  try {
    let hasEnded = false;
    child.status.then(() => hasEnded = true);
    while (!await hasLine(join(output, "metrics.jsonl"))) {
      if (hasEnded || performance.now() - start > PATIENCE_MS) {
        throw new UserError(`${experiment} does not start to train: ${lastLine(await errors)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return performance.now() - start;
  } finally {
    await endProcess(child);
    await errors;
  }
}

async function endProcess(child: Deno.ChildProcess): Promise<void> {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended by itself.
  }
  await child.status;
}

async function hasLine(file: string): Promise<boolean> {
  try {
    return (await Deno.stat(file)).size > 0;
  } catch {
    return false;
  }
}

async function denoDirectory(): Promise<string> {
  const { stdout } = await new Deno.Command("deno", { args: ["info", "--json"] }).output();
  const { denoDir }: { denoDir: string } = JSON.parse(new TextDecoder().decode(stdout));
  return denoDir;
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
