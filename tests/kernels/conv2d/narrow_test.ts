import assert from "node:assert/strict";
import { type Geometry, geometryOf } from "../../../kernels/conv2d/geometry.ts";
import { conv2d, type Conv2dOptions } from "../../../kernels/conv2d/mod.ts";
import { planForward } from "../../../kernels/conv2d/plan_gather.ts";
import { checkOp, floats } from "../../_support/check_op.ts";
import type { Target } from "../../_support/devices.ts";

const NARROW: Target = {
  name: "webgpu, few channels in straight lines",
  kind: "webgpu",
  forceVariant: "narrow",
};
/** Bindings that hold some rows of an image. */
const IN_PARTS: Target = {
  ...NARROW,
  name: "webgpu, bindings of 12 KiB, few channels in straight lines",
  maxBindingBytes: 12 * 1024,
};

interface Case {
  readonly what: string;
  /** x `[N, H, W, C]`, and the weight's `[kh, kw, O]`. */
  readonly x: readonly [number, number, number, number];
  readonly weight: readonly [number, number, number];
  readonly options: Conv2dOptions;
  readonly targets?: readonly Target[];
}

const CASES: readonly Case[] = [
  {
    what: "a stem of several tiles each way, whose last four channels fill no block",
    x: [2, 38, 72, 3],
    weight: [7, 7, 20],
    options: { stride: 2, padding: 3, relu: true },
    targets: [NARROW, IN_PARTS],
  },
  { what: "one channel", x: [3, 9, 72, 1], weight: [5, 5, 16], options: { padding: 2 } },
  { what: "two channels", x: [2, 11, 14, 2], weight: [4, 4, 8], options: { stride: 2 } },
  { what: "three channels", x: [2, 20, 68, 3], weight: [3, 3, 64], options: { padding: 1 } },
  {
    what: "four channels, a padding wider than the taps",
    x: [1, 12, 7, 4],
    weight: [3, 3, 4],
    options: { stride: 3, padding: 4, relu: true },
  },
];

for (const { what, x, weight: [kh, kw, o], options, targets = [NARROW] } of CASES) {
  checkOp({
    name: `conv2d of few channels: ${what}`,
    inputs: {
      x: floats(x, { seed: 1 }),
      weight: floats([kh, kw, x[3], o], { seed: 2, scale: 0.2 }),
      bias: floats([o], { seed: 3 }),
    },
    run: ({ x, weight, bias }) => conv2d(x!, weight!, bias, options),
    gradients: ["weight"],
    targets,
  });
}

const SOFTWARE = {
  isSoftware: true,
  maxBindingBytes: 2 ** 27,
  maxBindings: 8,
  offsetAlignment: 64,
};
const STEM = { stride: 2, padding: 3 };

/** The forward pass's first variant, and whether the one for few channels is among them. */
function forwardOf(g: Geometry, context = SOFTWARE): [string, boolean] {
  const plan = planForward(g, { hasBias: false, relu: false }, context);
  assert.ok("candidates" in plan);
  return [plan.first, "narrow" in plan.candidates];
}

Deno.test("conv2d of few channels in straight lines is for software adapters, and rows of whole fours", () => {
  const large = geometryOf([1, 800, 1344, 3], [7, 7, 3, 64], STEM);
  const small = geometryOf([1, 64, 64, 3], [7, 7, 3, 64], STEM);
  assert.deepEqual(forwardOf(large), ["narrow", true]);
  assert.deepEqual(forwardOf(large, { ...SOFTWARE, isSoftware: false }), ["workgroup", false]);
  assert.deepEqual(forwardOf(small), ["uniform", true]);
  for (
    const [x, weight, options] of [
      [[1, 64, 66, 3], [7, 7, 3, 64], STEM], // rows of 198 numbers
      [[1, 64, 64, 3], [7, 7, 3, 63], STEM],
      [[1, 64, 64, 3], [1, 1, 3, 64], {}],
      [[1, 64, 64, 3], [7, 7, 3, 64], { ...STEM, stride: 1 }], // four pixels of an invocation: a text too long
      [[1, 64, 64, 4], [7, 7, 4, 64], STEM], // more than workgroup memory holds
      [[1, 64, 64, 3], [5, 5, 3, 64], { dilation: 2 }],
    ] as const
  ) assert.equal(forwardOf(geometryOf(x, weight, options))[1], false, weight.join("×"));
});

Deno.test("conv2d of few channels covers every pixel and block once, in bindings of 128 MiB", () => {
  const g = geometryOf([5, 800, 1344, 3], [7, 7, 3, 68], STEM);
  const plan = planForward(g, { hasBias: false, relu: false }, SOFTWARE);
  assert.ok("candidates" in plan);
  let images = 0;
  for (const { grid: [x, y, z], uniforms } of plan.candidates.narrow!()) {
    // Tiles of 32 × 8 pixels and 16 channels, of whole images here.
    assert.deepEqual([x, y, z % 5, uniforms.blockGroups], [672 / 32, 400 / 8, 0, 5]);
    images += z / 5;
  }
  assert.equal(images, 5);
});
