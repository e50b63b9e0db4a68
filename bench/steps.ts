/** The suite `steps`: whole training steps and whole inference, with the memory that they take. */
import quickstart from "../experiments/quickstart/config.ts";
import { CpuDevice } from "../core/runtime/cpu/device.ts";
import type { Device } from "../core/runtime/mod.ts";
import { type Config, defineExperiment } from "../core/train/config.ts";
import { inputShape } from "../core/train/inspector.ts";
import { requireEqual } from "./check.ts";
import { type CheckedFeatures, checkFeatures } from "./backbone.ts";
import { backboneName, benchBackbone, layersTask } from "./backbone_steps.ts";
import { type BenchContext, compare, type Comparison, gflopsOf } from "./context.ts";
import { type BatchSize, Detector } from "./detector.ts";
import { OwnProcess } from "./own_process.ts";
import { configOf, type OwnStep } from "./own_step.ts";
import { byPeer, type NewResult } from "./result.ts";

/** A whole step to time. */
interface StepCase extends OwnStep {
  readonly name: string;
}

/** Shorter sides; the longer is in COCO's usual proportion. */
const SIDES = [256, 512, 800];
const LONGER = 1333 / 800;

/** Losses of the check; the choice of samples may turn on the last bit of a score. */
const TOLERANCE = 1e-3;

/** Images whose features are compared with peers'. */
const CHECKED_SHAPE = [1, 64, 96, 3];

/** Times every step and hands over each result as it comes. */
export async function* benchSteps(context: BenchContext): AsyncGenerator<NewResult> {
  const torch = context.peers.filter(({ name }) => name.startsWith("torch"));
  const checks = new Map<OwnStep["model"], ModelChecks>();
  for (const step of rowsOf(context)) {
    if (step === BACKBONE) yield await benchBackbone(context);
    else {
      const { model } = step;
      const known = checks.get(model) ?? await checkModel({ ...context, peers: torch }, step);
      checks.set(model, known);
      const peers = model === "quickstart" && !step.training ? [] : torch;
      yield await benchStep({ ...context, peers }, { ...step, ...known });
    }
  }
}

/** The row of {@link benchBackbone}. */
const BACKBONE = "backbone";

function rowsOf(context: BenchContext): (StepCase | typeof BACKBONE)[] {
  const [first, ...others] = casesOf(context);
  // Small ones come first: a peer tells only the most memory that it ever held.
  const rows = [first!, BACKBONE, ...others] as const;
  const nameOf = (row: StepCase | typeof BACKBONE) =>
    row === BACKBONE ? backboneName(context) : row.name;
  return rows.filter((row) => context.isWanted(nameOf(row))).slice(0, context.limit);
}

function casesOf({ isQuick }: BenchContext): StepCase[] {
  const [images = 1, height = 0, width = 0] = inputShape(quickstart);
  const size = isQuick ? SMALL : { images, height, width };
  const model = "quickstart";
  const training: StepCase = { model, size, name: "quickstart, training", training: true };
  if (isQuick) {
    return [training, { ...training, name: "quickstart, inference", training: false }];
  }
  const cases = [training];
  for (const training of [false, true]) {
    for (const side of SIDES) {
      const width = Math.round(side * LONGER), images = training ? 2 : 1;
      const size = { images, height: side, width };
      const name = `R-50-FPN, ${training ? "training" : "inference"}, ${images}×${side}×${width}`;
      cases.push({ name, model: "r50", size, training });
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
async function checkModel({ device, peers }: BenchContext, step: OwnStep): Promise<ModelChecks> {
  const config = configOf(step), hasPeers = step.model === "r50" && peers.length > 0;
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
): Promise<NewResult> {
  const { device, limits } = context;
  const { name, model, size, training, error } = step;
  const asked = context.peers.length === 0 ? NOBODY : await askOf(device, step);
  const ours = await OwnProcess.start({ model, size, training }, context.open);
  try {
    const { ms, ratio, peer_ms, rss } = await compare(context, { name, ours, ...asked });
    const gflops = gflopsOf(ours.flops, ms);
    const memory = { ...ours.memory, peers: byPeer((peer) => rss.get(peer) ?? null) };
    const checked = { against: "host code in float64, at 64 px", error };
    const share = gflops / limits.gflops;
    return { suite: "steps", name, ms, gflops, share, ratio, peer_ms, checked, memory };
  } finally {
    await ours.close();
  }
}

/** For {@link compare} without peers. */
const NOBODY: Pick<Comparison, "task"> = { task: { task: "op", op: "none", sizes: {} } };

/** What peers are to do beside a step: torchvision's detector of R-50-FPN or, of another, its layers alone. */
async function askOf(
  device: Device,
  { model, size, training, features }: StepCase & ModelChecks,
): Promise<Pick<Comparison, "task" | "expected">> {
  if (!features) return await layersTask(device, configOf({ model }), size);
  const { expected, error: _, ...check } = features;
  return { task: { task: "step", training, ...size, check }, expected };
}
