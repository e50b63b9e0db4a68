/** `inspect`: a model's layers, or the losses, statistics and gradients of one step. Writes nothing. */
import { DryDevice } from "../runtime/dry_device.ts";
import { openTrainingSet } from "../train/datasets.ts";
import { formatBytes } from "../train/format.ts";
import { initialWeightsPath } from "../train/initial_weights.ts";
import {
  firstBatch,
  inspectStep,
  type ModelSummary,
  type StepSummary,
  summarize,
} from "../train/inspector.ts";
import type { ProfileSummary } from "../train/profile_summary.ts";
import { profileLaunches } from "../train/profiler.ts";
import { RepeatedStep } from "../train/repeated_step.ts";
import { makeModel } from "../train/trainer.ts";
import { findWeights, loadWeights } from "../train/weights/load_weights.ts";
import type { WeightReport } from "../train/weights/match_report.ts";
import { type Experiment, openExperiment } from "./find_experiment.ts";
import { logWeights } from "./log_weights.ts";
import { requireDigits } from "./make_digits.ts";
import { withDevice } from "./open_device.ts";
import type { CommandContext, InspectOptions } from "./options.ts";
import { tellProfile } from "./profiling.ts";

/** How long a profile waits for kernel variants to be measured. */
const TUNING_SECONDS = 60;

/** How long steps are launched to profile them, at most where they are quick. */
const PROFILED_MS = 6000;

/** Prints the model's layers, or with `--step` one step. */
export async function inspectCommand(
  options: InspectOptions,
  context: CommandContext,
): Promise<void> {
  const experiment = await openExperiment(options, { cwd: context.cwd });
  if (options.step || options.profile) {
    const { step, weights, profile } = await runStep(experiment, { options, context });
    printStep(step, context);
    context.json({ ...step, weights, profile });
  } else {
    const weights = await matchOf(experiment, { options, context });
    const summary = summarize(experiment.config);
    printModel(summary, context);
    context.json({ ...summary, weights });
  }
}

/** What of the file given is the model's; nothing is loaded. */
async function matchOf(
  { config }: Experiment,
  { options, context }: { options: InspectOptions; context: CommandContext },
): Promise<WeightReport | undefined> {
  if (options.weights === undefined) return undefined;
  const entries = makeModel(new DryDevice(), config).state.entries();
  const path = context.path(options.weights);
  const { report } = await findWeights(entries, path, { model: config.MODEL, need: "some" });
  logWeights(report);
  return report;
}

async function runStep(
  { config }: Experiment,
  { options, context }: { options: InspectOptions; context: CommandContext },
): Promise<{ step: StepSummary; weights?: WeightReport; profile?: ProfileSummary }> {
  await requireDigits(config);
  const dataset = await openTrainingSet(config);
  return await withDevice(options, async (device) => {
    const model = makeModel(device, config);
    const path = options.weights === undefined
      ? await initialWeightsPath(config)
      : context.path(options.weights);
    const weights = path
      ? await loadWeights(model.state, path, { model: config.MODEL, need: "some" })
      : undefined;
    if (weights) logWeights(weights);
    const { WARMUP_IOU, WARMUP_BETA } = config.MODEL.DYNAMIC_RCNN;
    const batch = await firstBatch(dataset, config);
    const inspected = {
      criteria: { iou: options.iou ?? WARMUP_IOU, beta: options.beta ?? WARMUP_BETA },
      sampling: options.sampling,
    };
    const step = await inspectStep({ model, device, config }, batch, inspected);
    if (!options.profile) return { step, weights };
    // The pass compiled; variants are measured, or known, before the steps that count.
    await device.measurePending(TUNING_SECONDS);
    using training = new RepeatedStep({ model, device, config }, batch, inspected);
    const recording = await profileLaunches(device, () => training.launch(), {
      forMs: PROFILED_MS,
    });
    const trace = options.trace === undefined ? undefined : context.path(options.trace);
    return { step, weights, profile: await tellProfile(recording, trace) };
  });
}

function printStep(step: StepSummary, { print }: CommandContext): void {
  print(`images ${step.counts.images.join(", ")}`);
  for (const [name, loss] of Object.entries(step.losses)) {
    print(`${name.padEnd(16)} ${loss.toFixed(6)}`);
  }
  print(`K_I (IoU)        ${step.rcnn_iou_new.toFixed(6)}`);
  print(`K_E (error)      ${step.rcnn_error_new.toFixed(6)}`);
  print("gradients, L2:");
  for (const [name, { l2 }] of Object.entries(step.gradients)) {
    print(`  ${l2.toExponential(4)}  ${name}`);
  }
}

function printModel(summary: ModelSummary, { print }: CommandContext): void {
  const rows = summary.layers.map((layer) => [
    layer.name,
    layer.kind,
    layer.outputs.map((shape) => shape.join("×")).join(", "),
    layer.parameters.toLocaleString("en"),
    (layer.flops / 1e9).toFixed(3),
    formatBytes(layer.activation_bytes),
  ]);
  const head = ["layer", "kind", "output", "parameters", "GFLOP", "activations"];
  const widths = head.map((title, i) =>
    Math.min(48, Math.max(title.length, ...rows.map((row) => row[i]!.length)))
  );
  for (const row of [head, ...rows]) {
    print(
      row.map((cell, i) => i < 3 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join("  "),
    );
  }
  print("");
  print(`input ${summary.input.join("×")}; forward ${(summary.flops / 1e9).toFixed(1)} GFLOP`);
  print(
    `parameters ${summary.parameters.toLocaleString("en")}, of which trained ${
      summary.trainable_parameters.toLocaleString("en")
    }`,
  );
  print(`peak memory of a training step ${formatBytes(summary.training_peak_bytes)}`);
}
