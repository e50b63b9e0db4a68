/** The suite `steps`: whole training steps and whole inference, with the memory that they take. */
import quickstart from "../experiments/quickstart/config.ts";
import r50 from "../experiments/r50_fpn_1x/config.ts";
import { CpuDevice } from "../core/runtime/cpu/device.ts";
import type { Device } from "../core/runtime/mod.ts";
import { type Config, defineExperiment } from "../core/train/config.ts";
import { inputShape } from "../core/train/inspector.ts";
import { requireEqual } from "./check.ts";
import { type CheckedFeatures, checkFeatures } from "./backbone.ts";
import { benchBackbone, layersTask } from "./backbone_steps.ts";
import { type BenchContext, compare, type Comparison, gflopsOf } from "./context.ts";
import { type BatchSize, Detector } from "./detector.ts";
import { flopsOfLaunches } from "./flops.ts";
import { peakMemory, resetPeakMemory } from "./process_memory.ts";
import { type BenchResult, byPeer } from "./result.ts";
import type { Contestant } from "./timing.ts";

/** A whole step to time. */
interface StepCase {
  readonly name: string;
  readonly config: Config;
  readonly size: BatchSize;
  readonly training: boolean;
}

/** Shorter sides; the longer is in COCO's usual proportion. */
const SIDES = [256, 512, 800];
const LONGER = 1333 / 800;

/** Losses of the check; the choice of samples may turn on the last bit of a score. */
const TOLERANCE = 1e-3;

/** Images whose features are compared with peers'. */
const CHECKED_SHAPE = [1, 64, 96, 3];

/** Times every step and hands over each result as it comes. */
export async function* benchSteps(context: BenchContext): AsyncGenerator<BenchResult> {
  const torch = context.peers.filter(({ name }) => name.startsWith("torch"));
  const checks = new Map<Config, ModelChecks>();
  for (const step of casesOf(context).slice(0, context.limit)) {
    const { config } = step;
    const known = checks.get(config) ?? await checkModel({ ...context, peers: torch }, config);
    checks.set(config, known);
    const peers = config === quickstart && !step.training ? [] : torch;
    yield await benchStep({ ...context, peers }, { ...step, ...known });
  }
  if (context.limit > casesOf(context).length) yield await benchBackbone(context);
}

function casesOf({ isQuick }: BenchContext): StepCase[] {
  const [images = 1, height = 0, width = 0] = inputShape(quickstart);
  const size = isQuick ? SMALL : { images, height, width };
  const training = { config: quickstart, size, name: "quickstart, training", training: true };
  if (isQuick) {
    return [training, { ...training, name: "quickstart, inference", training: false }];
  }
  const cases: StepCase[] = [training];
  // Inference comes first: a peer tells only the most memory that it ever held.
  for (const training of [false, true]) {
    for (const side of SIDES) {
      const width = Math.round(side * LONGER), images = training ? 2 : 1;
      const size = { images, height: side, width };
      const name = `R-50-FPN, ${training ? "training" : "inference"}, ${images}×${side}×${width}`;
      cases.push({ name, config: r50, size, training });
    }
  }
  return cases;
}

/** One small image, so that host code in float64 can follow. */
const SMALL: BatchSize = { images: 1, height: 64, width: 64 };

/** What is compared once for all steps of a model. */
interface ModelChecks {
  /** Difference of the losses of a small step from host code in float64. */
  readonly error: number;
  /** Where peers have the same detector: what its features are to be. */
  readonly features: CheckedFeatures | undefined;
}

/** @throws UserError where losses or features are wrong */
async function checkModel({ device, peers }: BenchContext, config: Config): Promise<ModelChecks> {
  const hasPeers = config === r50 && peers.length > 0;
  return {
    error: await checkLosses(device, config),
    features: hasPeers ? await checkFeatures(device, config, CHECKED_SHAPE) : undefined,
  };
}

/** Compares the losses of a small step with the host code's in float64, and returns the difference. */
async function checkLosses(device: Device, config: Config): Promise<number> {
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
  step: StepCase & ModelChecks,
): Promise<BenchResult> {
  const { device, limits } = context;
  const { name, training, error } = step;
  const detector = new Detector(device, step.config, step.size);
  try {
    const ours = contestantOf(device, detector, training);
    await ours.time(1);
    await device.measurePending(120);
    const flops = await flopsOfLaunches(device, () => ours.time(1));
    // What peers are to find is computed before memory is looked at.
    const asked = context.peers.length === 0 ? NOBODY : await askOf(device, step);
    device.resetPeak();
    resetPeakMemory();
    const compared = await compare(context, { name, ours, ...asked });
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

/** For {@link compare} without peers. */
const NOBODY: Pick<Comparison, "task"> = { task: { task: "op", op: "none", sizes: {} } };

/** What peers are to do beside a step: torchvision's detector of R-50-FPN or, of another, its layers alone. */
async function askOf(
  device: Device,
  { config, size, training, features }: StepCase & ModelChecks,
): Promise<Pick<Comparison, "task" | "expected">> {
  if (!features) return await layersTask(device, config, size);
  const { expected, error: _, ...check } = features;
  return { task: { task: "step", training, ...size, check }, expected };
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
