/** A profile for people. */
import { boundBy, type KernelShare, MEMORY_BOUND, type ProfileSummary } from "./profile_summary.ts";

/** Kernels that get a row; the rest are one row together. */
const ROWS = 24;

const HEAD = ["kernel", "calls", "ms", "of step", "GFLOP/s", "GB/s", "of limit"];

/** Why a convolution can be faster than the machine multiplies. */
export const COUNTED_AS_WRITTEN =
  "Operations are counted as the sums are written, whatever way a kernel computes them: a 3×3 convolution by Winograd's transforms does a quarter of those multiplications, so that its rate can be above the limit.";

/** Lines that say where a step goes. */
export function profileTable(profile: ProfileSummary): string[] {
  const { limits, of_step } = profile;
  const shown = profile.kernels.slice(0, ROWS), rest = profile.kernels.slice(ROWS);
  const rows = shown.map(cells);
  if (rest.length > 0) rows.push(restCells(rest));
  return [
    `Profile of ${profile.steps} ${
      profile.steps === 1 ? "step" : "steps"
    } on ${profile.device}; measured limits ${limits.gflops.toFixed(1)} GFLOP/s, ${
      limits.gbps.toFixed(2)
    } GB/s.`,
    ...clockNote(profile),
    ...aligned([HEAD, ...rows]),
    ...(isAboveLimit(profile) ? [COUNTED_AS_WRITTEN] : []),
    `A step takes ${profile.step_ms.toFixed(1)} ms: ${
      percent(of_step.products)
    } convolutions and ` +
    `matrix products, ${percent(of_step.other_kernels)} other kernels, ` +
    `${percent(of_step.between_kernels)} between kernels` +
    (of_step.blas > 0 ? `; ${percent(of_step.blas)} within BLAS.` : "."),
    ...undisturbedLine(profile),
    ...(of_step.blas > 0 ? [boundLine(profile)] : []),
  ];
}

/** True where a product has more than the machine's limit of operations; caches can take what moves memory above its. */
function isAboveLimit({ kernels, limits }: ProfileSummary): boolean {
  return kernels.some(({ gflop, ms }) => ms > 0 && 1000 * gflop / ms > limits.gflops);
}

/** What a step takes where no launch is timed: each that is has a pass of its own. */
function undisturbedLine(profile: ProfileSummary): string[] {
  const {
    undisturbed_step_ms: ms,
    products_of_undisturbed_step: products,
    products_of_undisturbed_range: range,
    idle_of_undisturbed_step: idle,
    undisturbed_pairs: pairs,
  } = profile;
  if (ms === null || products === null || range === null || idle === null) return [];
  const [least, most] = range.map((share) => (100 * share).toFixed(1));
  return [
    `Without the profile, which starts a pass for each launch, it takes ${ms.toFixed(1)} ms, of ` +
    `which the convolutions and matrix products are ${percent(products)}` +
    (pairs > 1
      ? ` (${least}–${most} % over ${pairs} pairs of a step with the profile and one without)`
      : "") +
    `; the device waits for the host ${percent(idle)} of the time.`,
  ];
}

/** What BLAS and memory take of a step, and what they leave, by name. */
function boundLine({ step_ms, of_step, kernels }: ProfileSummary): string {
  const rest = kernels
    .filter((kernel) => boundBy(kernel) === undefined)
    .map((kernel) => ({
      name: kernel.blas_ms > 0 ? `${nameOf(kernel)} outside of BLAS` : nameOf(kernel),
      share: (kernel.ms - kernel.blas_ms) / step_ms,
    }))
    .filter(({ share }) => share >= LEAST_NAMED)
    .sort((a, b) => b.share - a.share);
  const named = [...rest, { name: "between kernels", share: of_step.between_kernels }];
  const taken = of_step.blas + of_step.memory_bound + of_step.memory_bound_twice;
  const others = 1 - taken - named.reduce((total, { share }) => total + share, 0);
  const { one, two } = MEMORY_BOUND;
  return `${percent(taken)} of the step is within BLAS (${
    percent(of_step.blas)
  }) or moves memory: ` +
    `${percent(of_step.memory_bound)} in kernels that move their tensors at ${percent(one)} of ` +
    `the copy rate or more, ${percent(of_step.memory_bound_twice)} in those between that and ` +
    `${percent(two)}, as where a kernel goes over its tensors twice. The rest: ${
      [...named, { name: "others", share: others }]
        .map(({ name, share }) => `${name} ${percent(share)}`).join(", ")
    }.`;
}

/** Kernels with less of a step are not named in the rest. */
const LEAST_NAMED = 0.005;

function nameOf({ kernel, variant }: KernelShare): string {
  return variant === null ? kernel : `${kernel} (${variant})`;
}

function clockNote({ clock }: ProfileSummary): string[] {
  return clock === "none"
    ? ["This adapter has no timestamp-query: launches are counted, their times are not known."]
    : [];
}

function cells(share: KernelShare) {
  const { calls, ms, of_step, gflop, gbytes, of_limit } = share;
  const rate = (amount: number) => ms > 0 && amount > 0 ? (1000 * amount / ms).toFixed(1) : "-";
  return [
    nameOf(share),
    calls.toFixed(Number.isInteger(calls) ? 0 : 1),
    ms.toFixed(2),
    percent(of_step),
    rate(gflop),
    rate(gbytes),
    of_limit === null ? "-" : percent(of_limit),
  ];
}

function restCells(rest: readonly KernelShare[]): string[] {
  const sum = (value: (share: KernelShare) => number) =>
    rest.reduce((total, share) => total + value(share), 0);
  return [
    `${rest.length} others`,
    sum(({ calls }) => calls).toFixed(0),
    sum(({ ms }) => ms).toFixed(2),
    percent(sum(({ of_step }) => of_step)),
    "-",
    "-",
    "-",
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Rows as lines: the first column to the left, the others to the right. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) =>
    row.map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join("  ")
  );
}
