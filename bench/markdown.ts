/** A report as Markdown: a table for each suite, and the means over the layers. */
import { COUNTED_AS_WRITTEN } from "../core/train/profile_table.ts";
import { passName } from "./model_layers.ts";
import type { Pass } from "./peers/protocol.ts";
import { PEER_NAMES, type PeerName } from "./peers/peer.ts";
import { type BenchReport, type BenchResult, SUITES } from "./result.ts";

const TITLES = {
  layers: "Convolutions and matrix products",
  ops: "Operators",
  steps: "Whole steps",
  startup: "Start-up to the first iteration",
} as const;

/** What a suite's ratios compare. */
const NOTES: Readonly<Partial<Record<keyof typeof TITLES, string>>> = {
  steps:
    "Beside R-50-FPN peers run torchvision's Faster R-CNN, made to have the same features of the same weights; beside the quickstart's training its layers alone, with the same features and the outputs' squares for losses: no proposals, no matching, no sampling.",
};

/** The report as a section of RESULTS.md. */
export function markdown(report: BenchReport): string {
  const { date, adapter, driver, device, limits } = report;
  const peers = PEER_NAMES.filter((name) => report.peers[name] !== undefined);
  const lines = [
    `## ${device === "cpu" ? "CPU device" : "WebGPU"}: ${adapter}`,
    "",
    `Measured ${date.slice(0, 10)}${driver ? `, driver ${driver}` : ""}. ` +
    `Limits measured in the same run: ${limits.gflops.toFixed(1)} GFLOP/s, ${
      limits.gbps.toFixed(1)
    } GB/s. ` +
    "Milliseconds are medians of rounds in which everybody has a turn; ratios are a peer's time over ours, so that above 1 we are faster.",
    ...(report.results.some(({ share }) => share !== null && share > 1)
      ? ["", COUNTED_AS_WRITTEN]
      : []),
    "",
    ...peers.map((name) => `- ${name}: ${report.peers[name]}`),
    ...PEER_NAMES.filter((name) => report.absent[name] !== undefined)
      .map((name) => `- ${name}: not measured (${report.absent[name]})`),
    "",
  ];
  for (const suite of SUITES) {
    const results = report.results.filter((result) => result.suite === suite);
    if (results.length === 0) continue;
    lines.push(`### ${TITLES[suite]}`, "", ...earlier(results, date), ...table(results, peers), "");
    const note = NOTES[suite];
    if (note && results.some(({ ratio }) => peers.some((peer) => ratio[peer] !== null))) {
      lines.push(note, "");
    }
    if (suite === "layers") lines.push(...means(results, peers), "");
    if (results.some(({ memory }) => memory)) lines.push(...memoryTable(results, peers), "");
  }
  return lines.join("\n").trimEnd();
}

/** Says which rows are older than the report's last run. */
function earlier(results: readonly BenchResult[], date: string): string[] {
  const last = date.slice(0, 10);
  const rows = new Map<string, string[]>();
  for (const result of results) {
    const day = result.date.slice(0, 10);
    if (day !== last) rows.set(day, [...rows.get(day) ?? [], result.name]);
  }
  return [...rows].flatMap(([day, names]) => {
    const which = names.length === results.length ? "All rows" : names.join("; ");
    return [`Measured ${day}: ${which}.`, ""];
  });
}

function table(results: readonly BenchResult[], peers: readonly PeerName[]): string[] {
  const shown = peers.filter((peer) => results.some(({ ratio }) => ratio[peer] !== null));
  return rows(["", "ms", "GFLOP/s", "of limit", ...shown], [
    ...results.map(({ name, variant, ms, gflops, share, ratio }) => [
      variant === undefined ? name : `${name} (${variant})`,
      formatMs(ms),
      gflops === null ? "–" : gflops.toFixed(1),
      share === null ? "–" : `${(100 * share).toFixed(0)} %`,
      ...shown.map((peer) => formatRatio(ratio[peer])),
    ]),
  ]);
}

/** Geometric means of the ratios over layers, and of the gradients' time against the forward pass's. */
function means(results: readonly BenchResult[], peers: readonly PeerName[]): string[] {
  const lines: string[] = [];
  for (const pass of ["forward", "input", "weight"] as const) {
    const own = results.filter(({ name }) => name.endsWith(ending(pass)));
    const ratios = peers.flatMap((peer) => {
      const known = own.flatMap(({ ratio }) => ratio[peer] === null ? [] : [ratio[peer]]);
      return known.length === 0 ? [] : [`${formatRatio(geometricMean(known))} × ${peer}`];
    });
    if (ratios.length > 0) {
      lines.push(
        `- Geometric mean, ${passName(pass)}: ${ratios.join(", ")}`,
      );
    }
  }
  const slower = slownessOfGradients(results);
  if (slower.length > 0) {
    lines.push(
      `- A gradient takes ${
        geometricMean(slower).toFixed(2)
      } times the forward pass (geometric mean)`,
    );
  }
  return lines;
}

/** Time of each gradient over that of the same layer's forward pass, which has as many operations. */
export function slownessOfGradients(results: readonly BenchResult[]): number[] {
  const forward = new Map(
    results.filter(({ name }) => name.endsWith(ending("forward")))
      .map(({ name, ms }) => [name.slice(0, -ending("forward").length), ms] as const),
  );
  return (["input", "weight"] as const).flatMap((pass) =>
    results.filter(({ name }) => name.endsWith(ending(pass))).flatMap(({ name, ms }) => {
      const before = forward.get(name.slice(0, -ending(pass).length));
      return before === undefined ? [] : [ms / before];
    })
  );
}

/** How a layer's name ends. */
function ending(pass: Pass): string {
  return `, ${passName(pass)}`;
}

/** @throws RangeError where there are no numbers */
export function geometricMean(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("Cannot take the mean of no numbers");
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

function memoryTable(results: readonly BenchResult[], peers: readonly PeerName[]): string[] {
  const own = results.filter(({ memory }) => memory !== undefined);
  const shown = peers.filter((peer) => own.some(({ memory }) => memory?.peers[peer] !== null));
  const gib = (bytes: number | null | undefined) =>
    bytes === null || bytes === undefined ? "–" : (bytes / 2 ** 30).toFixed(2);
  return rows(["peak memory, GiB", "tensors", "process", ...shown], [
    ...own.map(({ name, memory }) => [
      name,
      gib(memory?.device),
      gib(memory?.process),
      ...shown.map((peer) => gib(memory?.peers[peer])),
    ]),
  ]);
}

/** Three digits, and never as a power of ten. */
export function formatMs(ms: number): string {
  return ms >= 1000 ? ms.toFixed(0) : ms.toPrecision(3);
}

function formatRatio(ratio: number | null): string {
  return ratio === null ? "–" : ratio.toPrecision(3);
}

function rows(head: readonly string[], body: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, i) => i === 0 ? "---" : "--:")), ...body.map(line)];
}

/** All reports as the file RESULTS.md. */
export function resultsFile(reports: readonly BenchReport[]): string {
  return `${["# Results of the bench", ...reports.map(markdown)].join("\n\n")}\n`;
}
