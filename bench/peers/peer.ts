/** The programs that we are compared with, each a process of its own that answers line by line. */
import { fileURLToPath } from "node:url";
import { LineProcess } from "./line_process.ts";
import type { Answer, Request, Task } from "./protocol.ts";

/** Names of peers, as in results. */
export const PEER_NAMES = [
  "tfjs_webgpu",
  "tfjs_wasm",
  "torch_cpu",
  "torch_cuda",
  "torch_cuda_tf32",
] as const;

/** One of {@link PEER_NAMES}. */
export type PeerName = (typeof PEER_NAMES)[number];

/** Interpreters to look for PyTorch with: the first may be one that it was not installed for. */
const PYTHONS = ["python3", "/usr/bin/python3"];

/** A peer that is here. */
export class Peer {
  readonly name: PeerName;
  /** What it is, such as `PyTorch 1.13.0, 2 threads`. */
  readonly version: string;
  readonly #process: LineProcess;

  private constructor(name: PeerName, version: string, process: LineProcess) {
    this.name = name;
    this.version = version;
    this.#process = process;
  }

  /** Starts a peer, or says why there is none. */
  static async open(name: PeerName): Promise<Peer | { readonly missing: string }> {
    let missing = "";
    for (const [program, args] of commandsOf(name)) {
      const opened = await Peer.#start(name, program, args);
      if (opened instanceof Peer) return opened;
      missing = opened.missing;
    }
    return { missing };
  }

  static async #start(
    name: PeerName,
    program: string,
    args: readonly string[],
  ): Promise<Peer | { readonly missing: string }> {
    const process = LineProcess.start(program, args);
    if (!(process instanceof LineProcess)) return process;
    const { version, error } = await ask(process, { request: "hello" });
    if (version !== undefined) return new Peer(name, version, process);
    await process.close();
    return { missing: await process.lastError() || error || "it does not start" };
  }

  /** Makes `task` ready. @returns the result's sample. @throws Error where the peer cannot do it. */
  async prepare(task: Task): Promise<readonly number[]> {
    const { sample, error } = await ask(this.#process, { request: "prepare", task });
    if (sample === undefined) throw new Error(error ?? "no answer");
    return sample;
  }

  /** Runs what is ready so often. @returns milliseconds of one run, and the peer's memory in bytes. */
  async time(times: number): Promise<{ ms: number; rss: number }> {
    const { ms, rss = 0, error } = await ask(this.#process, { request: "time", times });
    if (ms === undefined) throw new Error(error ?? "no answer");
    return { ms, rss };
  }

  /** Ends the process. */
  close(): Promise<void> {
    return this.#process.close();
  }
}

async function ask(process: LineProcess, request: Request): Promise<Answer> {
  try {
    return await process.ask<Answer>(request);
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** The peers of `names` that are here; `absent` is told of each other, and why. */
export async function openPeers(
  names: readonly PeerName[],
  absent: (name: PeerName, why: string) => void,
): Promise<Peer[]> {
  const peers: Peer[] = [];
  for (const name of names) {
    const peer = await Peer.open(name);
    if (peer instanceof Peer) peers.push(peer);
    else absent(name, peer.missing);
  }
  return peers;
}

function commandsOf(name: PeerName): [string, string[]][] {
  const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
  if (name === "tfjs_webgpu" || name === "tfjs_wasm") {
    // Nothing is downloaded behind the user's back: `deno task bench-peers` installs them.
    const config = `--config=${here("deno.json")}`;
    const args = ["run", "--allow-all", "--cached-only", "--no-check", config];
    return [["deno", [...args, here("tfjs_peer.ts"), name.slice("tfjs_".length)]]];
  }
  const [, device = "cpu", ...precision] = name.split("_");
  return PYTHONS.map((python) => [python, [here("torch_peer.py"), device, ...precision]]);
}
