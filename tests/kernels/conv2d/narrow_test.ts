import assert from "node:assert/strict";
import { type Geometry, geometryOf } from "../../../kernels/conv2d/extents/geometry.ts";
import { conv2d, type Conv2dOptions } from "../../../kernels/conv2d/mod.ts";
import { planForward } from "../../../kernels/conv2d/plan_gather.ts";
import { planWeight } from "../../../kernels/conv2d/plan_weight.ts";
import { checkOp, floats } from "../../_support/check_op.ts";
import { SOFTWARE, type Target } from "../../_support/devices.ts";

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
  {
    what: "one channel",
    x: [3, 19, 72, 1],
    weight: [5, 5, 16],
    options: { stride: 2, padding: 2 },
  },
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

const STEM = { stride: 2, padding: 3 };

/** The first variants of the forward pass and the gradient of the weight, and whether those for few channels are offered. */
function variantsOf(g: Geometry, context = SOFTWARE): [string, boolean, string, boolean] {
  const forward = planForward(g, { hasBias: false, relu: false }, context);
  const weight = planWeight(g, context);
  assert.ok("candidates" in forward && "candidates" in weight);
  return [
    forward.first,
    "narrow" in forward.candidates,
    weight.first,
    "narrow" in weight.candidates,
  ];
}

Deno.test("conv2d of few channels in straight lines is for software adapters, and rows of whole fours", () => {
  const large = geometryOf([1, 800, 1344, 3], [7, 7, 3, 64], STEM);
  const small = geometryOf([1, 64, 64, 3], [7, 7, 3, 16], STEM);
  assert.deepEqual(variantsOf(large), ["narrow", true, "straight", true]);
  assert.deepEqual(variantsOf(small), ["uniform", true, "register", true]);
  const gpu = { ...SOFTWARE, isSoftware: false };
  assert.deepEqual(variantsOf(large, gpu), ["workgroup", false, "workgroup", false]);
  const cases = [
    [[1, 64, 66, 3], [7, 7, 3, 64], STEM, [false, false]], // rows of 198 numbers
    [[1, 64, 64, 3], [7, 7, 3, 63], STEM, [false, false]],
    [[1, 64, 64, 3], [1, 1, 3, 64], {}, [false, false]],
    [[1, 64, 64, 3], [5, 5, 3, 64], { dilation: 2 }, [false, false]],
    // Four pixels of an invocation make the text too long, and 14 are no whole fours.
    [[1, 64, 64, 3], [7, 7, 3, 64], { padding: 3 }, [false, false]],
    [[1, 64, 64, 3], [3, 3, 3, 64], { padding: 1 }, [true, false]],
    // The forward pass would take more than workgroup memory holds.
    [[1, 64, 64, 4], [7, 7, 4, 64], STEM, [false, true]],
  ] as const;
  for (const [x, weight, options, expected] of cases) {
    const [, forward, , gradient] = variantsOf(geometryOf(x, weight, options));
    assert.deepEqual([forward, gradient], expected, `${x.join("×")}, ${weight.join("×")}`);
  }
});

Deno.test("conv2d of few channels covers every pixel and block once, in bindings of 128 MiB", () => {
  const g = geometryOf([5, 800, 1344, 3], [7, 7, 3, 68], STEM);
  const forward = planForward(g, { hasBias: false, relu: false }, SOFTWARE);
  assert.ok("candidates" in forward);
  let images = 0;
  for (const { grid: [x, y, z], uniforms } of forward.candidates.narrow!()) {
    // Tiles of 32 × 8 pixels and 16 channels, of whole images here.
    assert.deepEqual([x, y, z % 5, uniforms.blockGroups], [672 / 32, 400 / 8, 0, 5]);
    images += z / 5;
  }
  assert.equal(images, 5);
  const weight = planWeight(g, SOFTWARE);
  assert.ok("candidates" in weight);
  const sums = weight.candidates.narrow!().filter(({ uniforms }) => "tiles" in uniforms);
  const tiles = sums.reduce((sum, { grid }) => sum + grid[0], 0);
  assert.equal(tiles, 5 * 672 / 14 * 400 / 8);
  assert.deepEqual(sums.map(({ uniforms }) => uniforms.accumulate), sums.map((_, i) => i && 1));
  assert.ok(sums.every(({ grid }) => grid[1] === 5 && grid[0] <= sums[0]!.grid[0]));
});
