/**
 * TensorFlow.js as a peer: `tfjs_peer.ts webgpu` or `tfjs_peer.ts wasm` reads requests from stdin and answers on
 * stdout. It runs under `bench/peers/deno.json`, so that the project itself never installs it.
 * @module
 */
import { answerLines } from "./line_process.ts";
import { hashed, SEEDS } from "./inputs.ts";
import type { Answer, ConvTask, Request } from "./protocol.ts";
import { PreparedNetwork } from "./tfjs_network.ts";
import type { Tfjs, TfjsWasm, TfTensor } from "./tfjs_types.ts";

/** Names that only this folder's configuration knows; not literals, so that the project's checks do not follow them. */
const CORE = "@tensorflow/tfjs-core";
const backendModule = (name: string) => `@tensorflow/tfjs-backend-${name}`;

async function load(backend: string): Promise<Tfjs> {
  const tf: Tfjs = await import(CORE);
  const module: TfjsWasm = await import(backendModule(backend));
  if (backend === "wasm") {
    // The entry lies in dist/, and the binaries in wasm-out/ beside that.
    const entry = import.meta.resolve(backendModule(backend));
    module.setWasmPaths(decodeURIComponent(new URL("../wasm-out/", entry).pathname));
  }
  if (!await tf.setBackend(backend)) throw new Error(`there is no backend ${backend} here`);
  await tf.ready();
  return tf;
}

/** A convolution that is ready to run. */
class PreparedConv {
  readonly #tf: Tfjs;
  readonly #task: ConvTask;
  readonly #x: TfTensor;
  readonly #weight: TfTensor;
  readonly #dOut: TfTensor;

  constructor(tf: Tfjs, task: ConvTask) {
    const { geometry: g } = task;
    if (g.groups !== 1) throw new Error("no convolution in groups");
    this.#tf = tf;
    this.#task = task;
    const make = (seed: number, shape: readonly number[]) =>
      tf.tensor4d(hashed(seed, shape.reduce((a, b) => a * b)), shape);
    this.#x = make(SEEDS.x, [g.n, g.h, g.w, g.c]);
    this.#weight = make(SEEDS.weight, [g.kh, g.kw, g.c, g.o]);
    this.#dOut = make(SEEDS.dOut, [g.n, g.ho, g.wo, g.o]);
  }

  async sample(): Promise<number[]> {
    const tf = this.#tf;
    const indices = tf.tensor1d(this.#task.indices, "int32");
    const picked = tf.tidy(() => tf.gather(tf.reshape(this.#run(), [-1]), indices));
    const values = [...await picked.data()];
    picked.dispose();
    indices.dispose();
    return values;
  }

  /** Milliseconds of one run: the last one's first number is read, so that all are done. */
  async time(times: number): Promise<number> {
    const tf = this.#tf;
    const start = performance.now();
    for (let i = 1; i < times; i++) this.#run().dispose();
    const first = tf.tidy(() => tf.slice(tf.reshape(this.#run(), [-1]), 0, 1));
    await first.data();
    first.dispose();
    return (performance.now() - start) / times;
  }

  dispose(): void {
    for (const tensor of [this.#x, this.#weight, this.#dOut]) tensor.dispose();
  }

  #run(): TfTensor {
    const tf = this.#tf, { geometry: g, pass } = this.#task;
    if (pass === "forward") {
      return tf.conv2d(this.#x, this.#weight, g.stride, g.padding, "NHWC", g.dilation);
    }
    const attributes = {
      strides: [g.stride, g.stride],
      pad: g.padding,
      dataFormat: "NHWC",
      inputShape: [g.n, g.h, g.w, g.c],
      filterShape: [g.kh, g.kw, g.c, g.o],
    };
    if (g.dilation !== 1) throw new Error("no gradient of a dilated convolution");
    return pass === "input"
      ? tf.engine().runKernel(
        "Conv2DBackpropInput",
        { dy: this.#dOut, filter: this.#weight },
        attributes,
      )
      : tf.engine().runKernel("Conv2DBackpropFilter", { x: this.#x, dy: this.#dOut }, attributes);
  }
}

/** Answers requests until stdin ends. */
async function serve(backend: string): Promise<void> {
  const tf = await load(backend);
  let prepared: PreparedConv | PreparedNetwork | undefined;
  async function answer(request: Request): Promise<Answer> {
    if (request.request === "hello") return { version: `TensorFlow.js ${tf.version_core}` };
    if (request.request === "time") {
      return { ms: await prepared!.time(request.times), rss: Deno.memoryUsage().rss };
    }
    prepared?.dispose();
    prepared = undefined;
    const { task } = request;
    if (task.task === "conv") prepared = new PreparedConv(tf, task);
    else if (task.task === "network") prepared = new PreparedNetwork(tf, task);
    else throw new Error(`no ${task.task} here`);
    return { sample: await prepared.sample() };
  }
  await answerLines(answer);
}

await serve(Deno.args[0] ?? "webgpu");
Deno.exit(0);
