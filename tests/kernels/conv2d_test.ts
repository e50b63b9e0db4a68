import assert from "node:assert/strict";
import { withoutBlas } from "../../core/runtime/cpu/blas.ts";
import { CpuDevice } from "../../core/runtime/cpu/device.ts";
import {
  backwardFrom,
  type Dispatch,
  DryDevice,
  empty,
  fromArray,
  type Plan,
  record,
  scope,
  type Tensor,
} from "../../core/runtime/mod.ts";
import { type Geometry, geometryOf } from "../../kernels/conv2d/extents/geometry.ts";
import { conv2d, type Conv2dOptions } from "../../kernels/conv2d/mod.ts";
import { planForward, planInput } from "../../kernels/conv2d/plan_gather.ts";
import { planWeight } from "../../kernels/conv2d/plan_weight.ts";
import { relu } from "../../kernels/relu/mod.ts";
import { checkOp, floats, relativeError } from "../_support/check_op.ts";
import { SOFTWARE, SPLIT_TARGET, type Target } from "../_support/devices.ts";

/** The CPU device, and each variant of the WGSL kernels. */
const ALL: readonly Target[] = [
  { name: "cpu", kind: "cpu" },
  { name: "webgpu, register tiles", kind: "webgpu", forceVariant: "register" },
  { name: "webgpu, small tiles", kind: "webgpu", forceVariant: "small" },
  { name: "webgpu, workgroup tiles", kind: "webgpu", forceVariant: "workgroup" },
  { name: "webgpu, winograd", kind: "webgpu", forceVariant: "winograd" },
  { name: "webgpu, uniform weights", kind: "webgpu", forceVariant: "uniform" },
  { name: "webgpu, straight lines", kind: "webgpu", forceVariant: "straight" },
];
const SPLIT: readonly Target[] = [
  { ...SPLIT_TARGET, name: `${SPLIT_TARGET.name}, register tiles`, forceVariant: "register" },
  { ...SPLIT_TARGET, name: `${SPLIT_TARGET.name}, workgroup tiles`, forceVariant: "workgroup" },
];

/** Bindings so small that a map's tiles are cut into rows, and its images apart. */
const SPLIT_WINOGRAD: readonly Target[] = [4, 16].map((kib) => ({
  name: `webgpu, bindings of ${kib} KiB, winograd`,
  kind: "webgpu",
  maxBindingBytes: kib * 1024,
  forceVariant: "winograd",
}));

/** Bindings that hold a packed weight, but no whole map. */
const SPLIT_STRAIGHT: readonly Target[] = [{
  name: "webgpu, bindings of 160 KiB, straight lines",
  kind: "webgpu",
  maxBindingBytes: 160 * 1024,
  forceVariant: "straight",
}];

interface Case {
  /** x `[N, H, W, C]`, and the weight's `[kh, kw, O]`. */
  readonly x: readonly [number, number, number, number];
  readonly weight: readonly [number, number, number];
  readonly options?: Conv2dOptions;
  readonly bias?: boolean;
  /** True to run with bindings of 2 KiB as well. */
  readonly split?: boolean;
  /** True to run Winograd's transforms with small bindings as well. */
  readonly splitWinograd?: boolean;
  /** True to run straight lines with small bindings as well. */
  readonly splitStraight?: boolean;
}

const CASES: readonly Case[] = [
  { x: [2, 5, 7, 8], weight: [1, 1, 12], bias: true, split: true },
  { x: [1, 1, 1, 4], weight: [1, 1, 4] },
  // Weights in several windows of uniform memory: of rows, and of channels.
  { x: [1, 1, 3, 1100], weight: [1, 1, 20], bias: true, options: { relu: true } },
  { x: [1, 70, 60, 270], weight: [1, 1, 70], options: { stride: 2 } },
  { x: [1, 1, 1, 3], weight: [3, 3, 5], options: { padding: 1 } },
  { x: [0, 6, 5, 4], weight: [3, 3, 4], options: { padding: 1 }, bias: true },
  { x: [2, 3, 3, 8], weight: [1, 1, 3], bias: true },
  { x: [2, 9, 6, 4], weight: [1, 1, 8], options: { stride: 2 }, split: true },
  {
    x: [2, 9, 6, 4],
    weight: [3, 3, 8],
    options: { padding: 1, relu: true },
    bias: true,
    split: true,
  },
  { x: [1, 12, 9, 4], weight: [3, 3, 4], options: { stride: 2, padding: 1 }, split: true },
  {
    x: [2, 8, 7, 3],
    weight: [3, 3, 5],
    options: { stride: 2, padding: 0, relu: true },
    split: true,
  },
  { x: [1, 11, 13, 3], weight: [7, 7, 6], options: { stride: 2, padding: 3 }, bias: true },
  { x: [1, 9, 10, 8], weight: [3, 3, 4], options: { padding: 2, dilation: 2 }, split: true },
  { x: [1, 9, 8, 4], weight: [3, 3, 4], options: { stride: 2, padding: 2, dilation: 2 } },
  { x: [1, 7, 8, 4], weight: [2, 3, 4], options: { stride: 3, padding: 1, dilation: 2 } },
  { x: [2, 6, 5, 8], weight: [3, 3, 16], options: { padding: 1, groups: 2 }, bias: true },
  { x: [1, 6, 7, 6], weight: [3, 3, 6], options: { padding: 1, groups: 6 }, split: true },
  { x: [1, 5, 5, 6], weight: [1, 1, 4], options: { groups: 2 } },
  { x: [1, 2, 3, 4], weight: [3, 3, 4], options: { padding: 3 } },
  { x: [1, 4, 30, 36], weight: [3, 3, 40], options: { padding: 1 } },
  {
    x: [3, 14, 18, 4],
    weight: [3, 3, 4],
    options: { padding: 1, relu: true },
    bias: true,
    splitWinograd: true,
  },
  { x: [1, 9, 7, 4], weight: [3, 3, 8], options: { padding: 2 } },
  { x: [2, 6, 11, 8], weight: [3, 3, 4] },
  { x: [2, 10, 11, 20], weight: [3, 3, 72], options: { padding: 1 }, bias: true },
  // Tiles of straight lines that end within a tap and within four blocks; phases of the gradient of which some are empty.
  {
    x: [2, 26, 23, 44],
    weight: [3, 3, 76],
    options: { stride: 2, padding: 1, relu: true },
    bias: true,
    splitStraight: true,
  },
  { x: [1, 9, 8, 64], weight: [1, 1, 68], options: { stride: 2 } },
  { x: [1, 7, 6, 40], weight: [3, 3, 40], options: { padding: 2, dilation: 2 } },
];

for (const one of CASES) {
  const { x, weight: [kh, kw, o], options = {}, bias } = one;
  const weight = [kh, kw, x[3] / (options.groups ?? 1), o];
  const described = Object.entries(options).map(([key, value]) => `, ${key} ${value}`).join("");
  checkOp({
    name: `conv2d ${x.join("×")}, ${kh}×${kw} to ${o}${described}${bias ? ", bias" : ""}`,
    inputs: {
      x: floats(x, { seed: 1 }),
      weight: floats(weight, { seed: 2, scale: 0.3 }),
      ...(bias ? { bias: floats([o], { seed: 3 }) } : {}),
    },
    run: ({ x, weight, bias }) => conv2d(x!, weight!, bias, options),
    gradients: ["x", "weight", ...(bias ? ["bias"] : [])],
    targets: [
      ...ALL,
      ...(one.split ? SPLIT : []),
      ...(one.splitWinograd ? SPLIT_WINOGRAD : []),
      ...(one.splitStraight ? SPLIT_STRAIGHT : []),
    ],
  });
}

Deno.test("conv2d without BLAS equals conv2d with it", async () => {
  for (const window of [{ padding: 1 }, { padding: 1, stride: 2 }]) {
    const inputs = [floats([1, 5, 26, 32]), floats([3, 3, 32, 32])];
    const device = new CpuDevice();
    const [x, weight] = inputs.map(({ shape, data }) =>
      fromArray(device, shape, Float32Array.from(data))
    ) as [Tensor, Tensor];
    const withBlas = await conv2d(x, weight, undefined, window).readFloats();
    const loops = withoutBlas(() => conv2d(x, weight, undefined, window));
    const { error } = relativeError(await loops.readFloats(), withBlas);
    assert.ok(error < 1e-5, `differs by ${error}`);
  }
});

Deno.test("conv2d records only the gradients that are needed", () => {
  const device = new CpuDevice();
  const x = fromArray(device, [1, 2, 2, 1], new Float32Array(4));
  const weight = fromArray(device, [1, 1, 1, 1], new Float32Array(1));
  assert.equal(record(() => conv2d(x, weight, undefined)).tape.entries.length, 0);
  weight.requiresGrad = true;
  const { tape } = record(() => conv2d(x, weight, undefined));
  const [entry, ...others] = tape.entries;
  assert.ok(entry?.kind === "operator" && others.length === 0);
  assert.deepEqual([entry.needs, entry.saved], [[false, true], [x]]);
  tape.discard();
});

Deno.test("conv2d's gradient lets go of what it has read before it makes more", () => {
  const device = new DryDevice();
  const map = [1, 64, 64, 4], size = 64 * 64 * 4 * 4;
  const weight = empty(device, [1, 1, 4, 4]);
  scope(() => {
    const { output, tape } = scope(() => {
      const start = empty(device, map);
      start.requiresGrad = weight.requiresGrad = true;
      const { result, tape } = record(() => {
        const x = relu(start);
        const out = conv2d(x, weight, undefined, { relu: true });
        return conv2d(out, weight, undefined);
      });
      return { output: result, tape };
    });
    device.resetPeak();
    backwardFrom(tape, [{ output, gradient: empty(device, map) }]);
  });
  // Output, seed; x, out; dOut or, at the ReLU, its masked copy beside it. With all held to the end it were 7.
  const most = device.memory().peakBytes / size;
  assert.ok(most > 6 && most < 6.2, `${most} maps at the peak`);
});

Deno.test("conv2d refuses shapes that do not fit", () => {
  const device = new CpuDevice();
  const x = fromArray(device, [1, 4, 4, 6], new Float32Array(96));
  const tensor = (shape: number[]) =>
    fromArray(device, shape, new Float32Array(shape.reduce((a, b) => a * b)));
  assert.throws(() => conv2d(x, tensor([3, 3, 4, 2]), undefined), /\[kh, kw, 6 \/ 1 groups, O\]/);
  assert.throws(() => conv2d(x, tensor([3, 3, 3, 3]), undefined, { groups: 2 }), RangeError);
  assert.throws(() => conv2d(x, tensor([1, 1, 6, 2]), tensor([3])), /bias of 3 elements to 2/);
  assert.throws(
    () => conv2d(x, tensor([1, 1, 6, 2]), undefined, { stride: 0 }),
    /stride and dilation/,
  );
});

/** Layers of R-50-FPN at 2 × 800 × 1344: input, kernel size, outputs, stride. */
const LARGE: readonly [[number, number, number, number], number, number, number][] = [
  [[2, 800, 1344, 3], 7, 64, 2],
  [[2, 200, 336, 64], 1, 256, 1],
  [[2, 200, 336, 256], 1, 128, 2],
  [[2, 200, 336, 256], 3, 256, 1],
  [[2, 200, 336, 256], 1, 3, 1],
];

Deno.test("conv2d cuts the layers of R-50-FPN into bindings of 128 MiB", () => {
  for (const [x, k, o, stride] of LARGE) {
    const g = geometryOf(x, [k, k, x[3], o], { stride, padding: k >> 1 });
    const plans = [
      planForward(g, { hasBias: false, relu: false }, SOFTWARE),
      planInput(g, SOFTWARE),
      planWeight(g, SOFTWARE),
    ];
    for (const plan of plans) {
      assert.ok("candidates" in plan);
      for (const [name, candidate] of Object.entries(plan.candidates)) {
        const dispatches = candidate();
        checkViews(dispatches, SOFTWARE);
        if (name === "winograd") checkTiles(plan, dispatches, g);
        else if (name === "uniform") checkWindows(dispatches, g);
        // Those of few channels are counted by narrow_test.ts.
        else if (name !== "narrow") {
          checkPixels(name === "straight" ? dispatches.filter(isFirstOfTiles) : dispatches, g);
        }
      }
    }
  }
});

/** All views fit. */
function checkViews(
  dispatches: readonly Dispatch[],
  context: { maxBindingBytes: number; offsetAlignment: number },
): void {
  for (const { start, end } of dispatches.flatMap(({ views = {} }) => Object.values(views))) {
    assert.equal(start % context.offsetAlignment, 0);
    assert.ok((end - start) * 4 <= context.maxBindingBytes, `${(end - start) * 4} bytes`);
  }
}

/** True for what adds the first row of tiles of a weight, or all of it. */
function isFirstOfTiles({ uniforms }: Dispatch): boolean {
  return "pixels" in uniforms && !uniforms.rowFirst;
}

/** The grid's pixels of all parts are those of the map; what adds up splits has none. */
function checkPixels(dispatches: readonly Dispatch[], g: Geometry): void {
  const pixels = dispatches.reduce((sum, { uniforms }) => sum + (uniforms.pixels ?? 0), 0);
  assert.ok(pixels === g.n * g.ho * g.wo || pixels === g.n * g.h * g.w, `${pixels} pixels`);
}

/** Every pixel of all parts meets every row and every block of the weight once. */
function checkWindows(dispatches: readonly Dispatch[], g: Geometry): void {
  const sums = dispatches.filter(({ uniforms }) => "pixels" in uniforms);
  const products = sums.reduce((sum, { uniforms: u }) => {
    const blocks = Math.min(u.blocksHere!, u.blocks! - u.blockFirst!);
    return sum + u.pixels! * (u.rowEnd! - u.rowFirst!) * blocks;
  }, 0);
  const outward = g.n * g.ho * g.wo * g.kh * g.kw * 4 * Math.ceil(g.c / 4) * Math.ceil(g.o / 4);
  const inward = reachedTaps(g) * 4 * Math.ceil(g.o / 4) * Math.ceil(g.c / 4);
  assert.ok(products === outward || products === inward, `${products} products`);
}

/** Pixels of the input times the taps that reach them, over all phases. */
function reachedTaps(g: Geometry): number {
  const along = (extent: number, taps: number) => {
    let sum = 0;
    for (let i = 0; i < extent; i++) {
      for (let k = 0; k < taps; k++) if ((i + g.padding - k) % g.stride === 0) sum++;
    }
    return sum;
  };
  return g.n * along(g.h, g.kh) * along(g.w, g.kw);
}

/** The tiles of all parts are those of the map, and scratch memory is small beside an activation. */
function checkTiles(plan: Plan, dispatches: readonly Dispatch[], g: Geometry): void {
  const tiles = dispatches
    .filter(({ uniforms }) => "sourceH" in uniforms && "tileRows" in uniforms)
    .reduce((sum, { uniforms }) => sum + uniforms.count! / uniforms.channels!, 0);
  assert.equal(tiles, g.n * Math.ceil(g.h / 4) * Math.ceil(g.w / 4));
  assert.ok("scratch" in plan);
  for (const bytes of Object.values(plan.scratch!.winograd!)) assert.ok(bytes <= 2 ** 24);
}
