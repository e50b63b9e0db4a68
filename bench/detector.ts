/** A detector with a made-up batch, to be run and timed. */
import type { DynamicRcnn } from "../core/detection/dynamic_rcnn.ts";
import type { Detections } from "../core/detection/mod.ts";
import { Sgd } from "../core/nn/sgd.ts";
import {
  backward,
  type Device,
  type Download,
  fromArray,
  keep,
  record,
  scope,
  type Tensor,
} from "../core/runtime/mod.ts";
import type { Config } from "../core/train/config.ts";
import { makeModel } from "../core/train/trainer.ts";
import { hashed } from "./peers/inputs.ts";

/** Images of a batch, before padding. */
export interface BatchSize {
  readonly images: number;
  readonly height: number;
  readonly width: number;
}

/** Pixels to whose multiples images are padded. */
const DIVISIBILITY = 32;

/** A model, its optimizer and one batch on a device. */
export class Detector {
  readonly #device: Device;
  readonly #model: DynamicRcnn;
  readonly #optimizer: Sgd;
  readonly #size: BatchSize;
  /** Made once: peers do not make theirs anew for each step either. */
  readonly #pixels: Float32Array<ArrayBuffer>;

  constructor(device: Device, config: Config, size: BatchSize) {
    this.#device = device;
    this.#size = size;
    const extent = this.#shape().reduce((a, b) => a * b);
    this.#pixels = hashed(1, extent).map((value) => value * 200);
    this.#model = makeModel(device, config);
    const { SOLVER } = config;
    this.#optimizer = new Sgd(this.#model.state, {
      momentum: SOLVER.MOMENTUM,
      weightDecay: SOLVER.WEIGHT_DECAY,
      biasLrFactor: SOLVER.BIAS_LR_FACTOR,
      weightDecayBias: SOLVER.WEIGHT_DECAY_BIAS,
      clipNorm: SOLVER.CLIP_GRAD_NORM,
    });
  }

  /** Launches a training step as the trainer does; its learning rate changes next to nothing. */
  train(): Tensor[] {
    const losses = scope(() => {
      const { result, tape } = scope(() =>
        record(() =>
          this.#model.losses({
            images: this.#images(),
            truths: this.#truths(),
            criteria: { iou: 0.5, beta: 1 },
            sampling: { mode: "first", seed: 0, iteration: 1 },
          })
        )
      );
      const list = Object.values(result.losses);
      this.#optimizer.step(backward(tape, list), { lr: 1e-9, losses: list });
      return list.map((loss) => keep(loss));
    });
    this.#device.flush();
    return losses;
  }

  /** The four losses of a step. */
  async losses(): Promise<number[]> {
    const values: number[] = [];
    for (const loss of this.train()) {
      values.push((await loss.readFloats())[0]!);
      loss.release();
    }
    return values;
  }

  /** Launches the search for objects as `test` does. */
  launchDetection(): Download<Detections[]> {
    return scope(() => this.#model.launchDetection(this.#images()));
  }

  close(): void {
    this.#optimizer.close();
    this.#model.close();
  }

  #shape(): number[] {
    const { images, height, width } = this.#size;
    const pad = (extent: number) => Math.ceil(extent / DIVISIBILITY) * DIVISIBILITY;
    return [images, pad(height), pad(width), 3];
  }

  #images() {
    const { images, height, width } = this.#size;
    const sizes = Float32Array.from({ length: 2 * images }, (_, i) => i % 2 ? height : width);
    return {
      images: fromArray(this.#device, this.#shape(), this.#pixels),
      sizes: fromArray(this.#device, [images, 2], sizes),
    };
  }

  /** Two objects an image, those of torch_peer.py. */
  #truths() {
    const { images: n, height: h, width: w } = this.#size;
    const boxes = [0.1 * w, 0.1 * h, 0.4 * w, 0.5 * h, 0.5 * w, 0.4 * h, 0.9 * w, 0.9 * h];
    const each = <T>(list: readonly T[]) => Array.from({ length: n }, () => list).flat();
    return {
      boxes: fromArray(this.#device, [n, 2, 4], Float32Array.from(each(boxes))),
      labels: fromArray(this.#device, [n, 2], Int32Array.from(each([1, 2]))),
      counts: fromArray(this.#device, [n], new Int32Array(n).fill(2)),
    };
  }
}
