/** What every suite is given, and how anything is timed beside its peers. */
import type { Device, OpenOptions } from "../core/runtime/mod.ts";
import type { MachineLimits } from "../kernels/machine_limits/mod.ts";
import { differenceOf } from "./check.ts";
import type { Peer, PeerName } from "./peers/peer.ts";
import type { Task } from "./peers/protocol.ts";
import { ratiosOf } from "./result.ts";
import { type Contestant, type Rounds, timeByTurns } from "./timing.ts";

/** What a comparison needs of a peer. */
export type BenchPeer = Pick<Peer, "name" | "prepare" | "time">;

/** What a suite works with. */
export interface BenchContext {
  readonly device: Device;
  readonly limits: MachineLimits;
  readonly peers: readonly BenchPeer[];
  readonly rounds: Rounds;
  /** Small cases that only show that all works. */
  readonly isQuick: boolean;
  /** Rows of a suite at most. */
  readonly limit: number;
  /** How the device is opened, for processes that open their own. */
  readonly open: OpenOptions;
  /** Whether the row of that name is to be measured. */
  isWanted(name: string): boolean;
  /** A line for the user. */
  note(line: string): void;
}

/** Something of ours, and what peers are to do beside it. */
export interface Comparison {
  readonly name: string;
  readonly ours: Contestant;
  readonly task: Task;
  /** What peers' samples must equal, where they are comparable number by number. */
  readonly expected?: { readonly values: readonly number[]; readonly tolerance: number };
}

/** Times `ours` and every peer that can do the task and does it right; the others are named and left out. */
export async function compare(
  context: BenchContext,
  { name, ours, task, expected }: Comparison,
): Promise<{ ms: number } & ReturnType<typeof ratiosOf> & { rss: Map<PeerName, number> }> {
  const rss = new Map<PeerName, number>();
  const ready: BenchPeer[] = [];
  for (const peer of context.peers) {
    const why = await unfit(peer, task, expected);
    if (why === undefined) ready.push(peer);
    else context.note(`${name}: ${peer.name} is left out: ${why}`);
  }
  const contestants = ready.map((peer): Contestant => ({
    time: async (times) => {
      const answer = await peer.time(times);
      rss.set(peer.name, Math.max(rss.get(peer.name) ?? 0, answer.rss));
      return answer.ms;
    },
  }));
  const [ms = 0, ...others] = await timeByTurns([ours, ...contestants], context.rounds);
  const times = new Map(ready.map((peer, i) => [peer.name, others[i]!] as const));
  return { ms, rss, ...ratiosOf(ms, times) };
}

/** Why a peer cannot be compared; undefined where it can. */
async function unfit(
  peer: BenchPeer,
  task: Task,
  expected: Comparison["expected"],
): Promise<string | undefined> {
  try {
    const sample = await peer.prepare(task);
    if (!expected) return undefined;
    const error = differenceOf(sample, expected.values);
    return error <= expected.tolerance
      ? undefined
      : `its result differs by ${error.toExponential(1)}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Work of ours on a device: launched `times` times, then waited for once. */
export function onDevice(device: Device, run: () => void): Contestant {
  return {
    async time(times) {
      const start = performance.now();
      for (let i = 0; i < times; i++) run();
      await device.finish();
      return (performance.now() - start) / times;
    },
  };
}

/** Operations in milliseconds, as 10⁹ a second. */
export function gflopsOf(flops: number, ms: number): number {
  return flops / ms / 1e6;
}
