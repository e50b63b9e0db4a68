import assert from "node:assert/strict";
import { geometryOf } from "../../../kernels/conv2d/extents/geometry.ts";
import { conv2d, type Conv2dOptions } from "../../../kernels/conv2d/mod.ts";
import { planPartialSums, planWeight, splitsOf } from "../../../kernels/conv2d/plan_weight.ts";
import { isStraightWeight } from "../../../kernels/conv2d/straight/plan_weight.ts";
import { checkTarget, floats } from "../../_support/check_op.ts";
import { onDevices, SOFTWARE, type Target } from "../../_support/devices.ts";

const STRAIGHT: Target = {
  name: "webgpu, straight lines",
  kind: "webgpu",
  forceVariant: "straight",
};
const WINOGRAD: Target = { name: "webgpu, winograd", kind: "webgpu", forceVariant: "winograd" };
const SMALL_BINDINGS: Target = {
  ...STRAIGHT,
  name: "webgpu, bindings of 28 KiB, straight lines",
  maxBindingBytes: 28 * 1024,
};

const OTHERS: readonly Target[] = [
  { name: "webgpu, register tiles", kind: "webgpu", forceVariant: "register" },
  { name: "webgpu, workgroup tiles", kind: "webgpu", forceVariant: "workgroup" },
];

interface Case {
  readonly what: string;
  /** x `[N, H, W, C]`, and the weight's `[kh, kw, O]`. */
  readonly x: readonly [number, number, number, number];
  readonly weight: readonly [number, number, number];
  readonly options?: Conv2dOptions;
  readonly targets?: readonly Target[];
}

const CASES: readonly Case[] = [
  { what: "several launches of several splits", x: [1, 15, 20, 300], weight: [1, 1, 132] },
  { what: "rows and channels that fill no workgroup", x: [1, 11, 12, 60], weight: [1, 1, 120] },
  {
    what: "a stem, in parts",
    x: [2, 18, 20, 3],
    weight: [7, 7, 44],
    options: { stride: 2, padding: 3 },
    targets: [STRAIGHT, SMALL_BINDINGS],
  },
  {
    what: "stride, padding and ragged rows",
    x: [2, 9, 17, 20],
    weight: [3, 3, 36],
    options: { stride: 2, padding: 1 },
  },
  {
    what: "dilation, in parts",
    x: [1, 10, 19, 16],
    weight: [3, 3, 48],
    options: { dilation: 2, padding: 2 },
    targets: [STRAIGHT, SMALL_BINDINGS],
  },
  { what: "groups", x: [1, 8, 15, 80], weight: [1, 1, 104], options: { groups: 2 } },
  {
    what: "Winograd's products",
    x: [2, 33, 30, 48],
    weight: [3, 3, 64],
    options: { padding: 1 },
    targets: [WINOGRAD],
  },
  {
    what: "three input channels, outer ones in fours",
    x: [1, 7, 6, 3],
    weight: [3, 3, 8],
    options: { padding: 1, stride: 2 },
    targets: OTHERS,
  },
  {
    what: "one input channel a group, outer ones in fours",
    x: [1, 4, 5, 3],
    weight: [2, 2, 12],
    options: { groups: 3 },
    targets: OTHERS,
  },
  { what: "ten input channels", x: [1, 4, 5, 10], weight: [1, 1, 8], targets: OTHERS },
];

for (const { what, x, weight: [kh, kw, o], options = {}, targets = [STRAIGHT] } of CASES) {
  const weight = [kh, kw, x[3] / (options.groups ?? 1), o];
  const op = {
    name: `conv2d, gradient of the weight: ${what}`,
    inputs: { x: floats(x, { seed: 1 }), weight: floats(weight, { seed: 2, scale: 0.1 }) },
    run: ({ x, weight }: Record<string, Parameters<typeof conv2d>[0]>) =>
      conv2d(x!, weight!, undefined, options),
    gradients: ["weight"],
  };
  for (const target of targets) {
    onDevices(op.name, async (device) => {
      if (target.forceVariant === "straight" && device.info.isSoftware) {
        assert.ok(isStraightWeight(geometryOf(x, weight, options), device.info, "variant"));
      }
      await checkTarget(op, device, target);
    }, [target]);
  }
}

Deno.test("conv2d's gradient of the weight in straight lines assigns every split once, then adds", () => {
  const g = geometryOf([1, 15, 20, 300], [1, 1, 300, 132], {});
  const splits = splitsOf(g, SOFTWARE);
  const plan = planPartialSums(g, splits, SOFTWARE);
  assert.ok("candidates" in plan && plan.first === "straight");
  const [first, ...others] = plan.candidates.straight!();
  assert.ok(splits > 1 && others.length > 0);
  assert.deepEqual([first!.uniforms.accumulate, first!.grid[2]], [0, splits]);
  assert.ok(others.every(({ uniforms }) => uniforms.accumulate === 1));
  const pixels = [first!, ...others].reduce((sum, { uniforms }) => sum + uniforms.pixels!, 0);
  assert.equal(pixels, 300);
});

Deno.test("conv2d's gradient of the weight in straight lines is for software adapters, and for full blocks", () => {
  const wide = geometryOf([1, 16, 16, 64], [1, 1, 64, 64], {});
  const thin = geometryOf([1, 2, 2, 64], [1, 1, 64, 64], {});
  const odd = geometryOf([1, 16, 16, 64], [1, 1, 64, 63], {});
  const names = (g: typeof wide, isSoftware: boolean) => {
    const plan = planWeight(g, { ...SOFTWARE, isSoftware });
    assert.ok("candidates" in plan);
    return [plan.first, Object.keys(plan.candidates).includes("straight")];
  };
  assert.deepEqual(names(wide, true), ["straight", true]);
  assert.deepEqual(names(wide, false), ["workgroup", false]);
  assert.deepEqual(names(thin, true), ["register", false]);
  assert.deepEqual(names(odd, true), ["register", false]);
});

Deno.test("Winograd's gradient of the weight sums its products in straight lines where they fill blocks", () => {
  const sumsOf = (size: number) => {
    const g = geometryOf([2, size, size, 64], [3, 3, 64, 64], { padding: 1 });
    const plan = planWeight(g, SOFTWARE);
    assert.ok("candidates" in plan && plan.first === "winograd");
    return plan.candidates.winograd!().filter(({ uniforms }) => "accumulate" in uniforms);
  };
  // 2 · 9² and 2 · 2² tiles: three blocks, and an eighth of one.
  const large = sumsOf(33);
  assert.deepEqual(large.map(({ uniforms }) => uniforms.accumulate), [0, 1, 1]);
  assert.ok(large.every(({ grid }) => grid[2] === 36));
  const [small, ...others] = sumsOf(8);
  assert.ok(small && others.length === 0 && "rowsPerSplit" in small.uniforms);
});
