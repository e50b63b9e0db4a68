/** What the bench measured: the form that `--json` writes. */
import type { MachineLimits } from "../kernels/machine_limits/mod.ts";
import { PEER_NAMES, type PeerName } from "./peers/peer.ts";

/** Suites, in the order in which they run. */
export const SUITES = ["layers", "ops", "steps", "startup"] as const;

/** One of {@link SUITES}. */
export type SuiteName = (typeof SUITES)[number];

/** Peer time / our time by peer: above 1 we are faster. Null where the peer is not here or cannot do it. */
export type Ratios = Readonly<Record<PeerName, number | null>>;

/** One thing that was timed. */
export interface BenchResult {
  readonly suite: SuiteName;
  readonly name: string;
  /** When it was measured. */
  readonly date: string;
  /** Median milliseconds of one run. */
  readonly ms: number;
  /** 10⁹ operations a second; null where that is no measure of it. */
  readonly gflops: number | null;
  /** `gflops` over the measured limit. */
  readonly share: number | null;
  readonly ratio: Ratios;
  /** Median milliseconds of each peer. */
  readonly peer_ms: Ratios;
  /** The variant of the kernel that ran. */
  readonly variant?: string;
  /** What it was compared with before it was timed, and by how much it differs from that, relative to the largest. */
  readonly checked?: { readonly against: string; readonly error: number };
  readonly memory?: MemoryPeaks;
}

/** Most memory held, in bytes. */
export interface MemoryPeaks {
  /** By the device's tensors. */
  readonly device: number;
  /** By the process; null where the system does not tell. */
  readonly process: number | null;
  readonly peers: Ratios;
}

/** A result before it is dated. */
export type NewResult = Omit<BenchResult, "date">;

/** A whole run of the bench, or what several on one adapter found. */
export interface BenchReport {
  /** Of the last run. */
  readonly date: string;
  readonly adapter: string;
  readonly driver: string | null;
  readonly device: "webgpu" | "cpu";
  readonly limits: MachineLimits;
  /** Version of each peer that took part; of the others, why not. */
  readonly peers: Readonly<Partial<Record<PeerName, string>>>;
  readonly absent: Readonly<Partial<Record<PeerName, string>>>;
  readonly results: readonly BenchResult[];
}

/** What a contestant took, for {@link ratiosOf}. */
export type PeerTimes = ReadonlyMap<PeerName, number>;

/** Peer time / `ours` for every peer. */
export function ratiosOf(ours: number, times: PeerTimes): { ratio: Ratios; peer_ms: Ratios } {
  return {
    ratio: byPeer((name) => times.has(name) ? times.get(name)! / ours : null),
    peer_ms: byPeer((name) => times.get(name) ?? null),
  };
}

/** A value for each peer. */
export function byPeer(value: (name: PeerName) => number | null): Ratios {
  const entries = PEER_NAMES.map((name) => [name, value(name)] as const);
  return Object.fromEntries(entries) as Record<PeerName, number | null>;
}
