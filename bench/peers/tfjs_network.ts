/** A network of protocol.ts in TensorFlow.js: forward only. */
import { hashed } from "./inputs.ts";
import type { Leaf, NetworkNode, NetworkTask } from "./protocol.ts";
import type { Tfjs, TfTensor } from "./tfjs_types.ts";

/** Ready to run. */
export class PreparedNetwork {
  readonly #tf: Tfjs;
  readonly #task: NetworkTask;
  readonly #leaves: ReadonlyMap<number, TfTensor>;

  /** @throws Error for training, which it cannot do on every backend */
  constructor(tf: Tfjs, task: NetworkTask) {
    if (task.training) throw new Error("no training here");
    this.#tf = tf;
    this.#task = task;
    this.#leaves = new Map(task.leaves.map((leaf) => [leaf.id, this.#leaf(leaf)]));
  }

  async sample(): Promise<number[]> {
    const tf = this.#tf, { indices } = this.#task;
    const picked = tf.tidy(() =>
      this.#forward(this.#task.sampled).map((map, i) =>
        tf.gather(tf.reshape(map, [-1]), tf.tensor1d(indices[i]!, "int32"))
      )
    );
    const values: number[] = [];
    for (const each of picked) values.push(...await each.data());
    for (const each of picked) each.dispose();
    return values;
  }

  /** Milliseconds of one run: the last one's first number is read, so that all are done. */
  async time(times: number): Promise<number> {
    const tf = this.#tf, { outputs } = this.#task;
    const start = performance.now();
    for (let i = 1; i < times; i++) {
      for (const map of tf.tidy(() => this.#forward(outputs))) map.dispose();
    }
    const [first, ...others] = tf.tidy(() =>
      this.#forward(outputs).map((map) => tf.slice(tf.reshape(map, [-1]), 0, 1))
    );
    await first!.data();
    for (const each of [first!, ...others]) each.dispose();
    return (performance.now() - start) / times;
  }

  dispose(): void {
    for (const tensor of this.#leaves.values()) tensor.dispose();
  }

  #leaf({ id, shape, seed, scale, offset }: Leaf): TfTensor {
    const values = hashed(seed, shape.reduce((a, b) => a * b, 1))
      .map((value) => offset + scale * value);
    const conv = this.#task.nodes.find((node) => node.op === "conv" && node.weight === id);
    if (conv?.op !== "conv") return this.#tf.tensor(values, shape);
    const { kh, kw, c, o, groups } = conv.geometry;
    if (groups !== 1) throw new Error("no convolution in groups");
    return this.#tf.tensor(values, [kh, kw, c, o]);
  }

  #forward(wanted: readonly number[]): TfTensor[] {
    const tensors = new Map(this.#leaves);
    for (const node of this.#task.nodes) tensors.set(node.out, this.#run(node, tensors));
    return wanted.map((id) => tensors.get(id)!);
  }

  #run(node: NetworkNode, tensors: ReadonlyMap<number, TfTensor>): TfTensor {
    const tf = this.#tf, at = (id: number) => tensors.get(id)!;
    const x = at(node.x);
    if (node.op === "max_pool") return tf.maxPool(x, node.kernel, node.stride, node.padding);
    if (node.op === "upsample_add") {
      const lateral = at(node.lateral);
      const [, height = 0, width = 0] = lateral.shape;
      return tf.add(lateral, tf.image.resizeNearestNeighbor(x, [height, width]));
    }
    if (node.op === "conv") {
      const { stride, padding, dilation } = node.geometry;
      const out = tf.conv2d(x, at(node.weight), stride, padding, "NHWC", dilation);
      const biased = node.bias === null ? out : tf.add(out, at(node.bias));
      return node.relu ? tf.relu(biased) : biased;
    }
    const [weight, bias, mean, variance] = node.vectors.map(at);
    const normed = node.op === "frozen_norm"
      ? tf.batchNorm(x, mean!, variance!, bias!, weight!, 0)
      : this.#groupNorm(x, { weight: weight!, bias: bias!, ...node });
    const sum = node.residual === null ? normed : tf.add(normed, at(node.residual));
    return node.relu ? tf.relu(sum) : sum;
  }

  #groupNorm(
    x: TfTensor,
    options: { weight: TfTensor; bias: TfTensor; groups: number; epsilon: number },
  ): TfTensor {
    const tf = this.#tf, { weight, bias, groups, epsilon } = options;
    const [n = 0, h = 0, w = 0, c = 0] = x.shape;
    const grouped = tf.reshape(x, [n, h * w, groups, c / groups]);
    const { mean, variance } = tf.moments(grouped, [1, 3], true);
    const rstd = tf.rsqrt(tf.add(variance, epsilon));
    const normed = tf.reshape(tf.mul(tf.sub(grouped, mean), rstd), x.shape);
    return tf.add(tf.mul(normed, weight), bias);
  }
}
