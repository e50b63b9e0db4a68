/** Where the time of profiled steps went: kernel by kernel, against what the machine can do. */
import type { MachineLimits } from "../../kernels/machine_limits/mod.ts";
import type { LaunchTiming, ProfileClock } from "../runtime/mod.ts";

/** What the host did, in the milliseconds of `performance.now()`. */
export interface HostSpan {
  /**
   * `launch`: recorded kernels and handed them over, for which a GPU must have done what it was given before. `wait`: stood
   * still for results.
   */
  readonly what: "launch" | "wait";
  readonly iteration: number;
  readonly start: number;
  readonly end: number;
}

/** Steps that followed each other, each timed launch by launch. */
export interface ProfiledRun {
  readonly launches: readonly LaunchTiming[];
  /** The step after it, whose launches were not timed; absent where timing them costs nothing. */
  readonly undisturbed?: UndisturbedStep;
}

/** A step as training runs it. */
export interface UndisturbedStep {
  /** Milliseconds from its start on the device to that of the next step. */
  readonly ms: number;
  /** Of these, milliseconds without work: the next was not submitted yet. */
  readonly idleMs: number;
}

/** Everything that was measured of some steps. */
export interface Recording {
  readonly device: string;
  readonly clock: ProfileClock;
  /** Those that were timed launch by launch. */
  readonly steps: number;
  /** In order; between two of them are steps whose launches were not timed. */
  readonly runs: readonly ProfiledRun[];
  /** What the host did for the steps that were timed launch by launch. */
  readonly spans: readonly HostSpan[];
  readonly limits: MachineLimits;
}

/** All launches of a kernel in one variant; figures are of one step. */
export interface KernelShare {
  readonly kernel: string;
  readonly variant: string | null;
  readonly calls: number;
  readonly ms: number;
  /** Part of the step's time, 0 to 1. */
  readonly of_step: number;
  readonly gflop: number;
  /** 10⁹ bytes of the tensors taken. */
  readonly gbytes: number;
  /**
   * The least time that the limits allow for these operations and bytes, over the time taken: 1 is as fast as the
   * machine goes. Caches can take it above 1 where little memory is moved.
   */
  readonly of_limit: number | null;
  /** Milliseconds of `ms` within BLAS; 0 on a GPU. */
  readonly blas_ms: number;
  /**
   * Outside of BLAS: the rate at which it moves its tensors' bytes, and those of copies that it brings into another
   * order, over the copy rate. A kernel of two passes moves twice the bytes that are told. Null for products on a GPU.
   */
  readonly of_copy_rate: number | null;
}

/** Parts of the measured copy rate from which on memory is what a kernel of one pass, and one of two, waits for. */
export const MEMORY_BOUND = { one: 0.5, two: 0.25 } as const;

/** Where a step goes. */
export interface ProfileSummary {
  readonly device: string;
  /** `device`: timestamps, `host`: the host's clock, `none`: no times, as the adapter has no timestamps. */
  readonly clock: ProfileClock;
  readonly steps: number;
  readonly limits: MachineLimits;
  /** From the first kernel's start to the last one's end, of one step. */
  readonly step_ms: number;
  /**
   * The same as training runs it, on a GPU: its launches are not timed and share passes; the median of some steps. Null
   * elsewhere.
   */
  readonly undisturbed_step_ms: number | null;
  /**
   * The part that the convolutions and matrix products of a step, timed one by one, are of the step after it that runs as
   * in training; the median of such pairs of steps.
   */
  readonly products_of_undisturbed_step: number | null;
  /** The least and the largest such part. */
  readonly products_of_undisturbed_range: readonly [number, number] | null;
  /** The part of such an undisturbed step in which the device waits for the host; the median. */
  readonly idle_of_undisturbed_step: number | null;
  /** Pairs of steps that these are of; 0 where there is none. */
  readonly undisturbed_pairs: number;
  /** Parts of the step's time. */
  readonly of_step: {
    /** Convolutions and matrix products. */
    readonly products: number;
    readonly other_kernels: number;
    /** No kernel runs: the host records or decodes, or passes start. */
    readonly between_kernels: number;
    /** Within BLAS; 0 on a GPU. */
    readonly blas: number;
    /** Kernels that are no products, or what they do outside of BLAS, at {@link MEMORY_BOUND}.one of the copy rate or more. */
    readonly memory_bound: number;
    /** The same between {@link MEMORY_BOUND}.two and one. */
    readonly memory_bound_twice: number;
  };
  /** The slowest first. */
  readonly kernels: readonly KernelShare[];
}

/** Adds up a recording. */
export function summarizeProfile(recording: Recording): ProfileSummary {
  const { device, clock, steps, runs, limits } = recording;
  const launches = runs.flatMap((run) => run.launches);
  const extent = runs.reduce((total, run) => total + extentOf(run.launches), 0);
  const share = (ms: number) => extent > 0 ? ms / extent : 0;
  const products = productsMs(launches);
  const all = launches.reduce((total, { ms }) => total + ms, 0);
  const kernels = [...Map.groupBy(launches, ({ kernel, variant }) => `${kernel} ${variant ?? ""}`)]
    .map(([, group]) => kernelShare(group, { steps, extent, limits }))
    .sort((a, b) => b.ms - a.ms || b.gflop - a.gflop);
  return {
    device,
    clock,
    steps,
    limits,
    step_ms: extent / steps,
    ...compareUndisturbed(runs),
    of_step: {
      products: share(products),
      other_kernels: share(all - products),
      between_kernels: share(Math.max(0, extent - all)),
      blas: share(launches.reduce((total, { productMs }) => total + productMs, 0)),
      memory_bound: share(steps * memoryMs(kernels, "one")),
      memory_bound_twice: share(steps * memoryMs(kernels, "two")),
    },
    kernels,
  };
}

/** Milliseconds of the convolutions and matrix products. */
function productsMs(launches: readonly LaunchTiming[]): number {
  return launches.reduce((total, { ms, flops }) => total + (flops > 0 ? ms : 0), 0);
}

/** What steps take as they are, and the part of the products in that: the machine's speed wanders, so pair by pair. */
function compareUndisturbed(
  runs: readonly ProfiledRun[],
): Pick<
  ProfileSummary,
  | "undisturbed_step_ms"
  | "products_of_undisturbed_step"
  | "products_of_undisturbed_range"
  | "idle_of_undisturbed_step"
  | "undisturbed_pairs"
> {
  const pairs = runs.flatMap(({ launches, undisturbed }) =>
    undisturbed === undefined || undisturbed.ms <= 0 ? [] : [{ launches, ...undisturbed }]
  );
  const shares = pairs.map(({ launches, ms }) => productsMs(launches) / ms);
  return {
    undisturbed_step_ms: median(pairs.map(({ ms }) => ms)),
    idle_of_undisturbed_step: median(pairs.map(({ ms, idleMs }) => idleMs / ms)),
    products_of_undisturbed_step: median(shares),
    products_of_undisturbed_range: shares.length > 0
      ? [Math.min(...shares), Math.max(...shares)]
      : null,
    undisturbed_pairs: pairs.length,
  };
}

/** The middle one, or the mean of the two in the middle; null of nothing. */
function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b), half = sorted.length / 2;
  const low = sorted[Math.ceil(half) - 1], high = sorted[Math.floor(half)];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

function kernelShare(
  launches: readonly LaunchTiming[],
  { steps, extent, limits }: { steps: number; extent: number; limits: MachineLimits },
): KernelShare {
  const { kernel, variant } = launches[0]!;
  let ms = 0, blasMs = 0, gflop = 0, gbytes = 0, copied = 0;
  for (const launch of launches) {
    ms += launch.ms / steps;
    blasMs += launch.productMs / steps;
    gflop += launch.flops / 1e9 / steps;
    gbytes += launch.bytes / 1e9 / steps;
    copied += launch.copiedBytes / 1e9 / steps;
  }
  const least = 1000 * Math.max(gflop / limits.gflops, gbytes / limits.gbps);
  return {
    kernel,
    variant: variant ?? null,
    calls: launches.length / steps,
    ms,
    of_step: extent > 0 ? ms * steps / extent : 0,
    gflop,
    gbytes,
    of_limit: ms > 0 ? least / ms : null,
    blas_ms: blasMs,
    // Of a product, what is left without BLAS are loops that bring its operands into order.
    of_copy_rate: (gflop === 0 || blasMs > 0) && ms > blasMs
      ? 1000 * (gbytes + copied) / (ms - blasMs) / limits.gbps
      : null,
  };
}

/** Milliseconds of one step that kernels spend outside of BLAS and bound by memory in so many passes. */
function memoryMs(kernels: readonly KernelShare[], passes: MemoryPasses): number {
  return kernels.reduce(
    (total, kernel) => total + (boundBy(kernel) === passes ? kernel.ms - kernel.blas_ms : 0),
    0,
  );
}

type MemoryPasses = keyof typeof MEMORY_BOUND;

/** In how many passes a kernel is bound by memory; undefined where it is not. */
export function boundBy({ of_copy_rate }: KernelShare): MemoryPasses | undefined {
  if (of_copy_rate === null || of_copy_rate < MEMORY_BOUND.two) return undefined;
  return of_copy_rate < MEMORY_BOUND.one ? "two" : "one";
}

/** Milliseconds from the first launch's start to the last one's end. */
export function extentOf(launches: readonly LaunchTiming[]): number {
  let first = Infinity, last = -Infinity;
  for (const { start, ms } of launches) {
    first = Math.min(first, start);
    last = Math.max(last, start + ms);
  }
  return launches.length === 0 ? 0 : last - first;
}
