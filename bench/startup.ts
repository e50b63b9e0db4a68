/** The suite `startup`: from the start of the process to the first iteration of the quickstart. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../core/runtime/errors.ts";
import type { BenchContext } from "./context.ts";
import { byPeer, type NewResult } from "./result.ts";
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
export async function* benchStartup(context: BenchContext): AsyncGenerator<NewResult> {
  const { device, rounds } = context;
  const wanted = Object.values(NAMES).filter(context.isWanted);
  if (wanted.length === 0) return;
  const run = { experiment: "quickstart", device: device.info.kind, more: [] };
  const times = { [NAMES.cold]: [] as number[], [NAMES.warm]: [] as number[] };
  // A warm start needs the cold one before it.
  for (let round = 0; round < (context.isQuick ? 1 : Math.min(3, rounds.rounds)); round++) {
    const [cold, warm] = await timeStarts(run);
    times[NAMES.cold].push(cold);
    times[NAMES.warm].push(warm);
  }
  const none = { ratio: byPeer(() => null), peer_ms: byPeer(() => null) };
  for (const name of wanted.slice(0, context.limit)) {
    yield { suite: "startup", name, ms: median(times[name]), ...none, gflops: null, share: null };
  }
}

/** Names of the results. */
const NAMES = { cold: "quickstart, cold caches", warm: "quickstart, warm caches" } as const;

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
