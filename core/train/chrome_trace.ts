/** The timeline of a recording in the Trace Event Format, which chrome://tracing and Perfetto open. */
import type { Recording } from "./profile_summary.ts";

/** An event of the format; times are in microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly cat?: string;
  /** `X`: a span; `M`: a track's name. */
  readonly ph: "X" | "M";
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly args?: Readonly<Record<string, unknown>>;
}

const PROCESS = 1, HOST = 1, DEVICE = 2;

/** The trace as an object to be written as JSON: a track of the host and one of the device's kernels. */
export function chromeTrace({ device, runs, spans }: Recording): {
  traceEvents: TraceEvent[];
  displayTimeUnit: "ms";
} {
  const launches = runs.flatMap((run) => run.launches);
  const zero = Math.min(
    ...launches.map(({ start }) => start),
    ...spans.map(({ start }) => start),
  );
  const at = (ms: number) => Math.round(1000 * (ms - zero) * 10) / 10;
  const common = { ph: "X", pid: PROCESS } as const;
  const kernels = launches.map((launch): TraceEvent => ({
    ...common,
    name: launch.kernel,
    cat: launch.flops > 0 ? "product" : "kernel",
    tid: DEVICE,
    ts: at(launch.start),
    dur: Math.round(10_000 * launch.ms) / 10,
    args: {
      variant: launch.variant,
      gflop: launch.flops / 1e9,
      mbytes: launch.bytes / 1e6,
      params: launch.params,
    },
  }));
  const host = spans.map(({ what, iteration, start, end }): TraceEvent => ({
    ...common,
    name: `${what} ${iteration}`,
    cat: what,
    tid: HOST,
    ts: at(start),
    dur: Math.round(10_000 * (end - start)) / 10,
  }));
  return {
    traceEvents: [track(HOST, "host"), track(DEVICE, `kernels on ${device}`), ...host, ...kernels],
    displayTimeUnit: "ms",
  };
}

function track(tid: number, name: string): TraceEvent {
  return { name: "thread_name", ph: "M", pid: PROCESS, tid, args: { name } };
}
