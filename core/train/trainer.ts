/** The training loop: batches in, weights, metrics and checkpoints out. */
import { setImmediate } from "node:timers/promises";
import type { Batch, CocoDataset } from "../data/mod.ts";
import { DynamicRcnn } from "../detection/dynamic_rcnn.ts";
import { DynamicSchedule } from "../detection/dynamic_schedule.ts";
import { learningRate } from "../nn/lr_schedule.ts";
import { Sgd } from "../nn/sgd.ts";
import { UserError } from "../runtime/errors.ts";
import type { Device } from "../runtime/mod.ts";
import {
  loadModel,
  loadMomentum,
  readCheckpoint,
  saveCheckpoint,
  trainingStateOf,
} from "./checkpoint.ts";
import { type Config, resolveSchedule } from "./config.ts";
import { trainingLoader } from "./datasets.ts";
import { isMoment } from "./distributions.ts";
import { loadInitialWeights } from "./initial_weights.ts";
import type { IterationMetrics } from "./metrics.ts";
import type { StepObserver } from "./profiler.ts";
import type { RunFolder } from "./run_folder.ts";
import { type LaunchedStep, launchStep, type StepReport } from "./training_step.ts";
import type { WeightReport } from "./weights/match_report.ts";

/** Seconds that an iteration may spend on measuring kernel variants, while there are unmeasured ones. */
const TUNING_SECONDS = 2;

/** Where a run's news go. */
export interface TrainerEvents {
  metrics(metrics: IterationMetrics): void;
  log(line: string): void;
  /** Told of every step where present. */
  readonly steps?: StepObserver;
}

/** An iteration that was launched. */
interface Pending {
  readonly batch: Batch;
  readonly step: LaunchedStep;
  /** When it was launched, as `performance.now()`. */
  readonly start: number;
  readonly lr: number;
  readonly iou: number;
  readonly beta: number;
  readonly dataTime: number;
}

/** Trains one run from its newest checkpoint, or from the start, to MAX_ITER. */
export class Trainer {
  readonly #config: Config;
  readonly #device: Device;
  readonly #folder: RunFolder;
  readonly #events: TrainerEvents;
  readonly #model: DynamicRcnn;
  readonly #optimizer: Sgd;
  readonly #dynamics: DynamicSchedule;
  #done = 0;

  constructor(
    run: { config: Config; device: Device; folder: RunFolder },
    events: TrainerEvents,
  ) {
    const { config, device, folder } = run;
    this.#config = config;
    this.#device = device;
    this.#folder = folder;
    this.#events = events;
    this.#model = makeModel(device, config);
    this.#optimizer = makeOptimizer(this.#model, config);
    this.#dynamics = new DynamicSchedule(config.MODEL.DYNAMIC_RCNN, config.MODEL.ROI_HEADS);
  }

  /** Weights and their names, for the test that follows. */
  get model(): DynamicRcnn {
    return this.#model;
  }

  /** Iterations done. */
  get done(): number {
    return this.#done;
  }

  /**
   * Loads MODEL.WEIGHT where the configuration names one; the report says what of it was used.
   * @throws UsageError or DataError where it is missing, broken or fits nothing in the model.
   */
  async startFromWeights(): Promise<WeightReport | undefined> {
    return await loadInitialWeights(this.#model.state, this.#config);
  }

  /**
   * Continues from a checkpoint: weights, momentum, criteria, and through the iteration all randomness.
   * @throws UsageError where it is another model's; DataError where it is broken.
   */
  async resumeFrom(path: string): Promise<void> {
    const file = await readCheckpoint(path);
    const training = trainingStateOf(file);
    loadModel(this.#model.state, file);
    loadMomentum(this.#optimizer, file);
    this.#dynamics.restore(training.dynamic);
    this.#done = training.iteration;
  }

  /**
   * Trains to MAX_ITER, or until `stopCode` (asked after each iteration) gives the exit code of a
   * signal; the last iteration done has a checkpoint.
   * @returns the exit code of the signal that stopped it, if one did
   * @throws UserError where a loss or gradient is not finite; no checkpoint is written then
   */
  async run(
    dataset: CocoDataset,
    stopCode: () => number | undefined,
  ): Promise<number | undefined> {
    const { maxIter, checkpointPeriod } = resolveSchedule(this.#config);
    const firstIteration = this.#done + 1;
    const loader = trainingLoader(dataset, this.#config, {
      firstIteration,
      lastIteration: maxIter,
      onSkip: (id, reason) => this.#events.log(`Image ${id} is left out: ${reason}`),
    });
    let pending: Pending | undefined;
    this.#warnOfRandomWeights();
    this.#device.startQuickly();
    let waiting = performance.now();
    for await (const batch of loader) {
      const dataTime = (performance.now() - waiting) / 1000;
      const { iteration } = batch;
      if (this.#isTrainable(batch)) {
        this.#events.steps?.begin(iteration);
        const launched = this.#launch(batch, dataTime);
        this.#events.steps?.did("launch", iteration, launched.start);
        if (pending) await this.#finish(pending, launched.start);
        pending = launched;
      }
      const stopped = stopCode();
      const isSaved = iteration % checkpointPeriod === 0 || iteration === maxIter ||
        stopped !== undefined;
      // The first step is told before kernel variants are measured, which compiles more of them.
      const isFirst = iteration === firstIteration;
      if (isFirst || isSaved || this.#dynamics.updatesAfter(iteration)) {
        if (pending) await this.#finish(pending);
        pending = undefined;
        // Also where this very batch was left out: its iteration counts, so the criteria change.
        this.#dynamics.endIteration(iteration);
      }
      await this.#events.steps?.end(iteration);
      this.#done = iteration;
      if (isSaved) await this.#save();
      if (stopped !== undefined) return stopped;
      await this.#device.measurePending(TUNING_SECONDS);
      // On the CPU device nothing else lets the event loop turn, for signals and decoded images.
      await setImmediate();
      waiting = performance.now();
    }
    return undefined;
  }

  /** Frees the model. */
  close(): void {
    this.#optimizer.close();
    this.#model.close();
  }

  #warnOfRandomWeights(): void {
    const { WEIGHT, RESNETS } = this.#config.MODEL;
    const isFrozen = RESNETS.TRANS_FUNC.endsWith("FixedBatchNorm");
    if (this.#done > 0 || WEIGHT !== "" || !isFrozen) return;
    this.#events.log(
      "MODEL.WEIGHT is empty: the backbone starts from random weights under frozen batch norm, which is for trials, not for AP.",
    );
  }

  /** As the original: a batch with an image without boxes is left out, its iteration number is used up. */
  #isTrainable({ iteration, images }: Batch): boolean {
    const empty = images.filter(({ labels }) => labels.length === 0).map(({ id }) => id);
    if (images.length > 0 && empty.length === 0) return true;
    this.#events.log(
      images.length === 0
        ? `Iteration ${iteration} has no usable image: left out.`
        : `Iteration ${iteration} left out: no boxes in image ${empty.join(", ")}.`,
    );
    return false;
  }

  #launch(batch: Batch, dataTime: number): Pending {
    const start = performance.now();
    const { iteration } = batch;
    const schedule = resolveSchedule(this.#config);
    const lr = learningRate(schedule, iteration);
    const { iou, low, beta } = this.#dynamics;
    const step = launchStep(
      {
        model: this.#model,
        optimizer: this.#optimizer,
        device: this.#device,
        config: this.#config,
      },
      batch,
      {
        criteria: { iou, low, beta },
        sampling: { mode: "random", seed: this.#config.SEED, iteration },
        distributions: isMoment(iteration, {
          moments: this.#config.METRICS.DISTRIBUTIONS,
          total: schedule.maxIter,
        }),
        lr,
      },
    );
    return { batch, step, start, lr, iou, beta, dataTime };
  }

  /** @param end when the next iteration began; now, where it waits for this one */
  async #finish(pending: Pending, end?: number): Promise<void> {
    const waiting = performance.now();
    const report = await pending.step.report();
    this.#events.steps?.did("wait", pending.batch.iteration, waiting);
    const time = ((end ?? performance.now()) - pending.start) / 1000;
    const metrics = this.#metrics(pending, { report, time });
    this.#events.metrics(metrics);
    if (!report.isFinite) throw notFinite(metrics);
    this.#dynamics.observe({ iou: report.iou, error: report.error });
  }

  #metrics(
    { batch, lr, iou, beta, dataTime }: Pending,
    { report, time }: { report: StepReport; time: number },
  ): IterationMetrics {
    const { losses, counts, distributions } = report;
    const positives = counts.rcnn.reduce((sum, [positive]) => sum + positive, 0);
    return {
      iteration: batch.iteration,
      loss: Object.values(losses).reduce((sum, loss) => sum + loss, 0),
      ...losses,
      lr,
      rcnn_iou: iou,
      rcnn_beta: beta,
      rcnn_iou_new: report.iou,
      rcnn_error_new: report.error,
      positives: positives / batch.images.length,
      grad_norm: report.gradientNorm,
      time,
      data_time: dataTime,
      memory: this.#device.memory().peakBytes / 2 ** 20,
      image_ids: batch.images.map(({ id }) => id),
      ...(distributions && { distributions }),
    };
  }

  async #save(): Promise<void> {
    const path = await saveCheckpoint(
      this.#folder,
      { model: this.#model.state, momentum: this.#optimizer },
      { iteration: this.#done, seed: this.#config.SEED, dynamic: this.#dynamics.state() },
    );
    this.#events.log(`Saved ${path}`);
  }
}

/** The model of a configuration, with its initial weights. */
export function makeModel(device: Device, { MODEL, SEED, SOLVER }: Config): DynamicRcnn {
  return new DynamicRcnn(device, MODEL, { seed: SEED, imagesPerGpu: SOLVER.IMS_PER_GPU });
}

/** The optimizer of a configuration, without momentum yet. */
export function makeOptimizer(model: DynamicRcnn, { SOLVER }: Config): Sgd {
  return new Sgd(model.state, {
    momentum: SOLVER.MOMENTUM,
    weightDecay: SOLVER.WEIGHT_DECAY,
    biasLrFactor: SOLVER.BIAS_LR_FACTOR,
    weightDecayBias: SOLVER.WEIGHT_DECAY_BIAS,
    clipNorm: SOLVER.CLIP_GRAD_NORM,
  });
}

function notFinite(metrics: IterationMetrics): UserError {
  const { iteration, image_ids, rcnn_iou, rcnn_beta, grad_norm } = metrics;
  const losses = (["rpn_cls_loss", "rpn_bbox_loss", "rcnn_cls_loss", "rcnn_bbox_loss"] as const)
    .map((name) => `${name} ${metrics[name]}`).join(", ");
  return new UserError(
    `Training stopped in iteration ${iteration} as a loss or gradient is not finite (${losses}; gradient norm ${grad_norm}; images ${
      image_ids.join(", ")
    }; IoU threshold ${rcnn_iou}, β ${rcnn_beta}); the weights were left as they were and no checkpoint was written of it: use a smaller SOLVER.BASE_LR, a longer SOLVER.WARMUP_ITERS or SOLVER.CLIP_GRAD_NORM.`,
  );
}
