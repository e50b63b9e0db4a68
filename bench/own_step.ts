/**
 * Our own side of the suite `steps`: a process that computes one step and nothing else, so that the most memory it held
 * is the step's. It answers as peers do, line by line.
 * @module
 */
import quickstart from "../experiments/quickstart/config.ts";
import r50 from "../experiments/r50_fpn_1x/config.ts";
import { type Device, openDevice, type OpenOptions } from "../core/runtime/mod.ts";
import type { Config } from "../core/train/config.ts";
import { overlapped } from "../core/train/overlapped.ts";
import { type BatchSize, Detector } from "./detector.ts";
import { flopsOfLaunches } from "./flops.ts";
import type { OwnAnswer, OwnRequest } from "./own_process.ts";
import { answerLines } from "./peers/line_process.ts";

/** Models of which steps are timed. */
const MODELS = { quickstart, r50 } as const satisfies Readonly<Record<string, Config>>;

/** Most seconds spent on measuring kernels' variants before a step is timed. */
const MEASURING_S = 120;

/** What a process is to compute. */
export interface OwnStep {
  readonly model: keyof typeof MODELS;
  readonly size: BatchSize;
  readonly training: boolean;
}

/** The configuration of a step's model. */
export function configOf({ model }: Pick<OwnStep, "model">): Config {
  return MODELS[model];
}

/** A step that is ready to run. */
class PreparedStep {
  readonly flops: number;
  readonly #device: Device;
  readonly #run: (times: number) => Promise<void>;

  private constructor(device: Device, flops: number, run: (times: number) => Promise<void>) {
    this.#device = device;
    this.flops = flops;
    this.#run = run;
  }

  static async make(step: OwnStep, open: OpenOptions): Promise<PreparedStep> {
    const device = await openDevice(open);
    const detector = new Detector(device, configOf(step), step.size);
    const run = step.training
      ? (times: number) => trainSteps(detector, times)
      : (times: number) => detectImages(detector, times);
    const flops = await flopsOfLaunches(device, () => run(1));
    await device.measurePending(MEASURING_S);
    device.resetPeak();
    return new PreparedStep(device, flops, run);
  }

  async time(times: number): Promise<OwnAnswer> {
    const start = performance.now();
    await this.#run(times);
    await this.#device.finish();
    const ms = (performance.now() - start) / times;
    return { ms, tensors: this.#device.memory().peakBytes, process: peakMemory() };
  }
}

/** Launches so many steps; the caller waits for the device. */
function trainSteps(detector: Detector, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    for (const loss of detector.train()) loss.release();
  }
  return Promise.resolve();
}

/** Brings what so many batches hold to the host, as `test` does. */
async function detectImages(detector: Detector, times: number): Promise<void> {
  const turns = Array.from({ length: times }, (_, turn) => turn);
  for await (const { result } of overlapped(turns, () => detector.launchDetection())) void result;
}

/** Bytes of the most resident memory that this process held; null where the system does not tell. */
function peakMemory(): number | null {
  try {
    const [, kib] = Deno.readTextFileSync("/proc/self/status").match(/^VmHWM:\s+(\d+) kB$/m) ?? [];
    return kib === undefined ? null : Number(kib) * 1024;
  } catch {
    return null;
  }
}

if (import.meta.main) {
  let prepared: PreparedStep | undefined;
  await answerLines(async (request: OwnRequest): Promise<OwnAnswer> => {
    if (request.request === "time") return await prepared!.time(request.times);
    prepared = await PreparedStep.make(request.step, request.open);
    return { flops: prepared.flops };
  });
  Deno.exit(0);
}
