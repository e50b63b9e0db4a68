/** The programs that we are compared with, each a process of its own that answers line by line. */
import { fileURLToPath } from "node:url";
import type { Answer, Request, Task } from "./protocol.ts";
import { TextLineStream } from "./text_lines.ts";

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

/** A process that answers. */
export class Peer {
  readonly name: PeerName;
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #lines: ReadableStreamDefaultReader<string>;
  #version = "";

  private constructor(name: PeerName, child: Deno.ChildProcess) {
    this.name = name;
    this.#child = child;
    this.#writer = child.stdin.getWriter();
    this.#lines = child.stdout
      .pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream()).getReader();
  }

  /** What it is, such as `PyTorch 1.13.0, 2 threads`. */
  get version(): string {
    return this.#version;
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
    let child: Deno.ChildProcess;
    try {
      child = new Deno.Command(program, {
        args: [...args],
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
    } catch (error) {
      return { missing: error instanceof Error ? error.message : String(error) };
    }
    const errors = new Response(child.stderr).text();
    const peer = new Peer(name, child);
    const { version, error } = await peer.#ask({ request: "hello" });
    if (version !== undefined) {
      peer.#version = version;
      return peer;
    }
    await peer.close();
    return { missing: lastLine(await errors) || error || "it does not start" };
  }

  /** Makes `task` ready. @returns the result's sample. @throws Error where the peer cannot do it. */
  async prepare(task: Task): Promise<readonly number[]> {
    const { sample, error } = await this.#ask({ request: "prepare", task });
    if (sample === undefined) throw new Error(error ?? "no answer");
    return sample;
  }

  /** Runs what is ready so often. @returns milliseconds of one run, and the peer's memory in bytes. */
  async time(times: number): Promise<{ ms: number; rss: number }> {
    const { ms, rss = 0, error } = await this.#ask({ request: "time", times });
    if (ms === undefined) throw new Error(error ?? "no answer");
    return { ms, rss };
  }

  /** Ends the process. */
  async close(): Promise<void> {
    await this.#writer.close().catch(() => {});
    try {
      this.#child.kill();
    } catch {
      // It has ended by itself.
    }
    await this.#child.status;
    await this.#lines.cancel().catch(() => {});
  }

  async #ask(request: Request): Promise<Answer> {
    try {
      await this.#writer.write(new TextEncoder().encode(`${JSON.stringify(request)}\n`));
    } catch {
      return { error: "it has ended" };
    }
    for (;;) {
      const { value, done } = await this.#lines.read();
      if (done) return { error: "it has ended" };
      // Libraries print notes of their own; answers are marked.
      if (value.startsWith("@")) return JSON.parse(value.slice(1));
    }
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

function lastLine(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/\x1b\[[0-9;]*m/g, "").trim().split("\n").at(-1)?.trim() ?? "";
}
