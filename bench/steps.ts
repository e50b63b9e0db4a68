/** The suite `steps`: whole training steps and whole inference, with the memory that they take. */
import quickstart from "../experiments/quickstart/config.ts";
import r50 from "../experiments/r50_fpn_1x/config.ts";
import { CpuDevice } from "../core/runtime/cpu/device.ts";
import type { Device } from "../core/runtime/mod.ts";
import { type Config, defineExperiment } from "../core/train/config.ts";
import { inputShape } from "../core/train/inspector.ts";
import { requireEqual } from "./check.ts";
import { type BenchContext, compare, gflopsOf } from "./context.ts";
import { type BatchSize, Detector } from "./detector.ts";
import { peakMemory, resetPeakMemory } from "./process_memory.ts";
import { type BenchResult, byPeer } from "./result.ts";
import type { Contestant } from "./timing.ts";

/** A whole step to time. */
interface StepCase {
  readonly name: string;
  readonly config: Config;
  readonly size: BatchSize;
  readonly training: boolean;
  /** True where torchvision has the same detector. */
  readonly hasPeers: boolean;
}

/** Shorter sides; the longer is in COCO's usual proportion. */
const SIDES = [256, 512, 800];
const LONGER = 1333 / 800;

/** Losses of the check; the choice of samples may turn on the last bit of a score. */
const TOLERANCE = 1e-3;

/** Times every step and hands over each result as it comes. */
export async function* benchSteps(context: BenchContext): AsyncGenerator<BenchResult> {
  const errors = new Map<Config, number>();
  for (const step of casesOf(context).slice(0, context.limit)) {
    if (!errors.has(step.config)) {
      errors.set(step.config, await checkModel(context.device, step.config));
    }
    yield await benchStep(context, { ...step, error: errors.get(step.config)! });
  }
}

function casesOf({ isQuick }: BenchContext): StepCase[] {
  const [images = 1, height = 0, width = 0] = inputShape(quickstart);
  const size = isQuick ? SMALL : { images, height, width };
  const little = { config: quickstart, size, hasPeers: false };
  const cases = [{ ...little, name: "quickstart, training", training: true }];
  if (isQuick) return [...cases, { ...little, name: "quickstart, inference", training: false }];
  // Inference comes first: a peer tells only the most memory that it ever held.
  for (const training of [false, true]) {
    for (const side of SIDES) {
      const width = Math.round(side * LONGER), images = training ? 2 : 1;
      const size = { images, height: side, width };
      const name = `R-50-FPN, ${training ? "training" : "inference"}, ${images}×${side}×${width}`;
      cases.push({ name, config: r50, size, training, hasPeers: true });
    }
  }
  return cases;
}

/** One small image, so that host code in float64 can follow. */
const SMALL: BatchSize = { images: 1, height: 64, width: 64 };

/**
 * Compares the losses of a small step with the host code's in float64.
 * @returns the difference
 * @throws UserError where it is too large
 */
async function checkModel(device: Device, config: Config): Promise<number> {
  const few = defineExperiment({
    SOLVER: { IMS_PER_GPU: 1 },
    MODEL: {
      RPN: {
        PRE_NMS_TOP_N_TRAIN: 50,
        POST_NMS_TOP_N_TRAIN: 20,
        FPN_POST_NMS_TOP_N_TRAIN: 20,
      },
      ROI_HEADS: { BATCH_SIZE_PER_IMAGE: 8 },
    },
  }, config);
  const losses: number[][] = [];
  for (const each of [device, new CpuDevice({ precision: 64 })]) {
    const detector = new Detector(each, few, SMALL);
    losses.push(await detector.losses());
    detector.close();
  }
  const [actual = [], expected = []] = losses;
  return requireEqual("the losses of a small step", actual, { expected, tolerance: TOLERANCE });
}

async function benchStep(
  context: BenchContext,
  step: StepCase & { error: number },
): Promise<BenchResult> {
  const { device, limits } = context;
  const { name, training, size, error } = step;
  const detector = new Detector(device, step.config, size);
  try {
    const ours = contestantOf(device, detector, training);
    await ours.time(1);
    await device.measurePending(120);
    const flops = await flopsOf(device, ours);
    device.resetPeak();
    resetPeakMemory();
    const compared = await compare(
      { ...context, peers: step.hasPeers ? context.peers : [] },
      { name, ours, task: { task: "step", training, ...size } },
    );
    const { ms, ratio, peer_ms, rss } = compared;
    const gflops = gflopsOf(flops, ms);
    const memory = {
      device: device.memory().peakBytes,
      process: peakMemory(),
      peers: byPeer((peer) => rss.get(peer) ?? null),
    };
    const checked = { against: "host code in float64, at 64 px", error };
    const share = gflops / limits.gflops;
    return { suite: "steps", name, ms, gflops, share, ratio, peer_ms, checked, memory };
  } finally {
    detector.close();
  }
}

function contestantOf(device: Device, detector: Detector, training: boolean): Contestant {
  return {
    async time(times) {
      const start = performance.now();
      for (let i = 0; i < times; i++) {
        if (training) { for (const loss of detector.train()) loss.release(); }
        else await detector.detect();
      }
      await device.finish();
      return (performance.now() - start) / times;
    },
  };
}

async function flopsOf(device: Device, ours: Contestant): Promise<number> {
  const profile = device.profile();
  await ours.time(1);
  const launches = await profile.take();
  profile.stop();
  return launches.reduce((sum, { flops }) => sum + flops, 0);
}
