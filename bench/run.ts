/** Runs the suites on one device. */
import { type Device, openExplained } from "../core/runtime/mod.ts";
import { probeAdapters } from "../core/runtime/probe.ts";
import { measureLimits } from "../kernels/machine_limits/mod.ts";
import type { BenchContext } from "./context.ts";
import { benchLayers } from "./layers.ts";
import type { BenchOptions } from "./options.ts";
import { benchOps } from "./ops.ts";
import { openPeers, PEER_NAMES, type PeerName } from "./peers/peer.ts";
import type { BenchReport, BenchResult, NewResult, SuiteName } from "./result.ts";
import { benchStartup } from "./startup.ts";
import { benchSteps } from "./steps.ts";

/** What a suite runs until its last result. */
type Suite = (context: BenchContext) => AsyncGenerator<NewResult>;

const SUITE: Readonly<Record<SuiteName, Suite>> = {
  layers: benchLayers,
  ops: benchOps,
  steps: benchSteps,
  startup: benchStartup,
};

/** Peers that have anything to compare with: of the steps TensorFlow.js has the backbone's inference. */
const TORCH = PEER_NAMES.filter((name) => name.startsWith("torch"));
const PEERS_OF: Readonly<Record<SuiteName, readonly PeerName[]>> = {
  layers: PEER_NAMES,
  ops: TORCH,
  steps: PEER_NAMES,
  startup: [],
};

/** A timing repeats its work until it takes this long. */
const ENOUGH_MS = { full: 200, quick: 1 };

/** Where news of a run go. */
export interface BenchEvents {
  note(line: string): void;
  result(result: BenchResult): void;
}

/**
 * Runs what is asked for.
 * @throws UserError where a result is wrong; DeviceError where the device is not there
 */
export async function runBench(options: BenchOptions, events: BenchEvents): Promise<BenchReport> {
  const asked = {
    adapter: options.adapter,
    forceVariant: options.variant,
    tuning: options.variant === undefined && !options.isQuick,
  };
  const { device, note } = await openExplained({
    ...asked,
    kind: options.device,
    timestamps: true,
  });
  events.note(note);
  try {
    const limits = await measureLimits(device);
    const absent: Partial<Record<PeerName, string>> = {};
    const peers: Partial<Record<PeerName, string>> = {};
    const results: BenchResult[] = [];
    for (const name of options.suites) {
      const wanted = options.peers.filter((peer) => PEERS_OF[name].includes(peer));
      const opened = await openPeers(wanted, (peer, why) => {
        if (absent[peer] === undefined) events.note(`${peer} is not here: ${why}`);
        absent[peer] = why;
      });
      for (const { name, version } of opened) peers[name] = version;
      try {
        const open = { ...asked, kind: device.info.kind };
        const context = { device, open, limits, peers: opened, ...contextOf(options), ...events };
        for await (const found of SUITE[name](context)) {
          const result = { ...found, date: new Date().toISOString() };
          events.result(result);
          results.push(result);
        }
      } finally {
        for (const peer of opened) await peer.close();
      }
    }
    await device.finish();
    return { ...await identityOf(device), limits, peers, absent, results };
  } finally {
    device.close();
  }
}

function contextOf({ isQuick, rounds, limit, only }: BenchOptions) {
  const part = only?.toLowerCase() ?? "";
  const isWanted = (name: string) => name.toLowerCase().includes(part);
  return {
    isQuick,
    limit,
    isWanted,
    rounds: { rounds, enough: ENOUGH_MS[isQuick ? "quick" : "full"] },
  };
}

async function identityOf({ info }: Device) {
  const adapters = info.kind === "webgpu" ? await probeAdapters() : [];
  const adapter = adapters.find(({ name }) => name === info.description);
  return {
    date: new Date().toISOString(),
    adapter: info.description,
    driver: adapter?.driver ?? null,
    device: info.kind,
  };
}
