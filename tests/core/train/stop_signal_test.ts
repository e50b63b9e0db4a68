/** Signals: the first saves and ends the run, the second ends the process at once. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { PROJECT_ROOT } from "../../../core/train/run_folder.ts";
import { resultOf, setArguments, startCommand } from "../../_support/command.ts";
import { withTinyRun } from "../../_support/tiny_run.ts";

const STOP_SIGNAL = pathToFileURL(join(PROJECT_ROOT, "core", "train", "stop_signal.ts")).href;

/** Computes without end once a signal came, as an iteration of minutes on the CPU does. */
const BUSY = `
  import { StopSignal } from "${STOP_SIGNAL}";
  const stop = new StopSignal((signal) => {
    console.log(signal, stop.exitCode);
    for (;;);
  });
  console.log("ready");
  setInterval(() => {}, 1000);
`;

async function readUntil(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  wanted: string,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  while (!text.includes(wanted)) {
    const { value, done } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  return text;
}

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test(`a second signal ends the process at once, busy as it is (${signal}: ${code})`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      const script = join(folder, "busy.ts");
      await Deno.writeTextFile(script, BUSY);
      const process = new Deno.Command("deno", {
        args: ["run", "--quiet", "--no-config", "--allow-read", script],
        stdout: "piped",
      }).spawn();
      const reader = process.stdout.getReader();
      await readUntil(reader, "ready\n");
      process.kill(signal);
      assert.match(await readUntil(reader, "\n"), new RegExp(`^${signal} ${code}\n`));
      process.kill(signal);
      assert.equal((await process.status).code, code);
      await reader.cancel();
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("SIGINT saves the iteration in work, exits with 130 and prints one document", async () => {
  await withTinyRun(async (run) => {
    const sets = ["SOLVER.MAX_ITER=4000", "SOLVER.STEPS=[]", "SOLVER.CHECKPOINT_PERIOD=4000"];
    const process = startCommand(run.arguments("train", [...setArguments(sets), "--json"]));
    const reached = async () => (await run.metrics().catch(() => [])).length >= 3;
    while (!await reached()) await new Promise((resolve) => setTimeout(resolve, 5));
    process.kill("SIGINT");
    const { code, stdout, stderr } = await resultOf(process);
    assert.equal(code, 130, stderr);
    const done = (await run.metrics()).at(-1)!.iteration;
    const { iteration, complete } = JSON.parse(stdout);
    assert.deepEqual({ iteration, complete }, { iteration: done, complete: false });
    const name = `model_${`${done}`.padStart(7, "0")}.safetensors`;
    assert.equal(await Deno.readLink(run.folder.lastCheckpoint), name);
    assert.match(stderr, /SIGINT: finishing the iteration and saving; once more quits at once/);
  });
});
