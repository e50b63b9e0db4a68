/**
 * Our own side of the suite `steps`: a process that computes one step and nothing else, so that the most memory it held
 * is the step's. It answers as peers do, line by line.
 * @module
 */
import quickstart from "../experiments/quickstart/config.ts";
import r50 from "../experiments/r50_fpn_1x/config.ts";
import { type Device, openDevice, type OpenOptions } from "../core/runtime/mod.ts";
import type { Config } from "../core/train/config.ts";
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
  readonly #run: () => Promise<void>;

  private constructor(device: Device, flops: number, run: () => Promise<void>) {
    this.#device = device;
    this.flops = flops;
    this.#run = run;
  }

  static async make(step: OwnStep, open: OpenOptions): Promise<PreparedStep> {
    const device = await openDevice(open);
    const detector = new Detector(device, configOf(step), step.size);
    const run = async () => {
      if (!step.training) await detector.detect();
      else for (const loss of detector.train()) loss.release();
    };
    const flops = await flopsOfLaunches(device, run);
    await device.measurePending(MEASURING_S);
    device.resetPeak();
    return new PreparedStep(device, flops, run);
  }

  async time(times: number): Promise<OwnAnswer> {
    const start = performance.now();
    for (let i = 0; i < times; i++) await this.#run();
    await this.#device.finish();
    const ms = (performance.now() - start) / times;
    return { ms, tensors: this.#device.memory().peakBytes, process: peakMemory() };
  }
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
