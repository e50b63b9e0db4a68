import assert from "node:assert/strict";
import {
  asyncScope,
  backwardFrom,
  type Device,
  fromArray,
  record,
  type Tensor,
  windowOutput,
} from "../../core/runtime/mod.ts";
import type { DeformWindow } from "../../kernels/deform_conv2d/geometry.ts";
import { deformConv2d } from "../../kernels/deform_conv2d/mod.ts";
import { checkOp, floats, type Input, relativeError } from "../_support/check_op.ts";
import { onDevices, SPLIT_TARGET, type Target } from "../_support/devices.ts";
import { random } from "../_support/random.ts";

/** The CPU device, and each variant of the products' WGSL kernels. */
const ALL: readonly Target[] = [
  { name: "cpu", kind: "cpu" },
  { name: "webgpu, register tiles", kind: "webgpu", forceVariant: "register" },
  { name: "webgpu, workgroup tiles", kind: "webgpu", forceVariant: "workgroup" },
];

interface Case {
  readonly name?: string;
  /** x `[N, H, W, C]`, and the weight's `[kh, kw, O]`. */
  readonly x: readonly [number, number, number, number];
  readonly weight: readonly [number, number, number];
  readonly window: DeformWindow;
  readonly bias?: boolean;
  /** How far taps move, in pixels; 1.3 where absent. */
  readonly reach?: number;
  /** True where all taps go to about one place: long lists. */
  readonly meet?: boolean;
  /** True to run with bindings of 2 KiB as well. */
  readonly split?: boolean;
}

const V2 = { modulated: true, padding: 1 } as const, V1 = { modulated: false, padding: 1 } as const;

const CASES: readonly Case[] = [
  { x: [2, 5, 6, 4], weight: [3, 3, 8], window: V2, bias: true },
  { x: [1, 6, 3, 4], weight: [3, 3, 4], window: V2, split: true },
  { x: [3, 3, 3, 4], weight: [3, 3, 4], window: V1, split: true, bias: true },
  { x: [1, 5, 4, 3], weight: [3, 3, 5], window: V1 },
  { x: [0, 5, 4, 4], weight: [3, 3, 4], window: V2, bias: true },
  { x: [1, 1, 1, 4], weight: [3, 3, 4], window: V2 },
  { x: [1, 9, 7, 4], weight: [3, 3, 4], window: { ...V2, stride: 2 } },
  { x: [1, 7, 8, 4], weight: [3, 3, 8], window: { ...V2, padding: 2, dilation: 2 } },
  { x: [1, 7, 8, 3], weight: [2, 3, 2], window: { ...V1, stride: 2, dilation: 3 } },
  { x: [1, 4, 5, 8], weight: [3, 3, 4], window: { ...V2, deformGroups: 2 }, split: true },
  { x: [1, 4, 5, 8], weight: [3, 3, 8], window: { ...V2, groups: 2 } },
  {
    x: [1, 4, 5, 12],
    weight: [3, 3, 4],
    window: { ...V2, groups: 2, deformGroups: 3 },
    bias: true,
  },
  { x: [2, 4, 3, 6], weight: [1, 1, 6], window: { ...V1, padding: 0, groups: 6, deformGroups: 6 } },
  { name: "far", x: [1, 5, 6, 4], weight: [3, 3, 4], window: V2, reach: 30 },
  { name: "meeting", x: [1, 7, 6, 4], weight: [3, 3, 4], window: V2, meet: true, split: true },
  // Bands of the input.
  { x: [2, 19, 12, 4], weight: [3, 3, 4], window: { ...V2, stride: 3 }, reach: 5, split: true },
  { x: [1, 21, 11, 3], weight: [3, 3, 2], window: { ...V1, stride: 4 }, reach: 5, split: true },
];

for (const { name, x, weight: [kh, kw, o], window, bias, split, ...places } of CASES) {
  const weight = [kh, kw, x[3] / (window.groups ?? 1), o];
  const described = Object.entries(window).map(([key, value]) => `, ${key} ${value}`).join("");
  checkOp({
    name: `deform_conv2d ${name ?? ""} ${x.join("×")}, ${kh}×${kw} to ${o}${described}`,
    inputs: {
      x: floats(x, { seed: 1 }),
      offsets: offsetsOf(x, [kh, kw], { ...window, ...places }),
      weight: floats(weight, { seed: 2, scale: 0.3 }),
      ...(bias ? { bias: floats([o], { seed: 3 }) } : {}),
    },
    run: ({ x, offsets, weight, bias }) =>
      deformConv2d(x!, { offsets: offsets!, weight: weight!, bias }, window),
    gradients: ["x", "offsets", "weight", ...(bias ? ["bias"] : [])],
    targets: split ? [...ALL, SPLIT_TARGET] : ALL,
  });
}

/** Offsets off the whole numbers, where the bilinear value has a kink, and mask logits. */
function offsetsOf(
  [n, h, w]: readonly [number, number, number, number],
  [kh, kw]: [number, number],
  window: DeformWindow & Pick<Case, "reach" | "meet">,
): Input {
  const { stride = 1, padding = 0, dilation = 1, deformGroups = 1, reach = 1.3, meet } = window;
  const along = (extent: number, kernel: number) =>
    windowOutput(extent, { kernel, stride, padding, dilation });
  const ho = along(h, kh), wo = along(w, kw), taps = kh * kw;
  const channels = deformGroups * taps * (window.modulated ? 3 : 2);
  const next = random(7);
  const data = Array.from({ length: n * ho * wo * channels }, (_, i) => {
    const offset = reach * (2 * next.uniform() - 1), part = 0.05 + 0.9 * next.uniform();
    if (!meet) return Math.floor(offset) + part;
    const pixel = Math.floor(i / channels), tap = Math.floor((i % channels) / 2) % taps;
    const [at, cell] = i % 2 === 0
      ? [Math.floor(pixel / wo) % ho, Math.floor(tap / kw)]
      : [pixel % wo, tap % kw];
    return 2 - at * stride + padding - cell * dilation + part;
  });
  return floats([n, ho, wo, channels], { data });
}

interface GoldenCase {
  readonly name: string;
  readonly window: DeformWindow;
  readonly inputs: Readonly<Record<string, Input>>;
  readonly out: Input;
  readonly dOut: Input;
  readonly gradients: Readonly<Record<string, Input>>;
}

const golden: readonly GoldenCase[] = JSON.parse(
  Deno.readTextFileSync(new URL("../fixtures/deform_conv2d/cases.json", import.meta.url)),
);

for (const { name, window, inputs, out, dOut, gradients } of golden) {
  onDevices(`deform_conv2d equals torchvision's: ${name}`, async (device) => {
    const ours = await run(device, { inputs, window, dOut });
    within("out", ours.out, { expected: out, tolerance: 1e-5 });
    for (const [input, expected] of Object.entries(gradients)) {
      within(`gradient of ${input}`, ours.gradients[input]!, { expected, tolerance: 1e-4 });
    }
  });
}

/** What a 1×1 window over one pixel of a 2×2 map of 1, 2, 4, 8 gives where its tap reads at (dy, dx). */
const BORDER: readonly { at: [number, number]; value: number; slope: [number, number] }[] = [
  // On a whole number the slope is that above it; on −1 there is none.
  { at: [0, 0], value: 1, slope: [3, 1] },
  { at: [-1, 0], value: 0, slope: [0, 0] },
  { at: [0, -1], value: 0, slope: [0, 0] },
  { at: [-0.5, 0], value: 0.5, slope: [1, 0.5] },
  { at: [1, 1], value: 8, slope: [-8, -8] },
  { at: [1.5, 0], value: 2, slope: [-4, 2] },
  { at: [2, 0], value: 0, slope: [0, 0] },
  { at: [0, 2], value: 0, slope: [0, 0] },
  { at: [-3e9, 0], value: 0, slope: [0, 0] },
  { at: [0, Infinity], value: 0, slope: [0, 0] },
  { at: [NaN, 0], value: 0, slope: [0, 0] },
];

onDevices("deform_conv2d: taps at the border are as the original's CUDA", async (device) => {
  for (const { at, value, slope } of BORDER) {
    const { out, gradients } = await run(device, {
      inputs: {
        x: floats([1, 2, 2, 1], { data: [1, 2, 4, 8] }),
        offsets: floats([1, 1, 1, 2], { data: at }),
        weight: floats([1, 1, 1, 1], { data: [1] }),
      },
      window: { modulated: false, stride: 2 },
      dOut: floats([1, 1, 1, 1], { data: [1] }),
    });
    assert.equal(out[0], value, `value at ${at}`);
    assert.deepEqual(Array.from(gradients.offsets!), slope, `slope at ${at}`);
  }
});

onDevices("deform_conv2d gives the same bits in each run", async (device) => {
  const x = floats([1, 9, 8, 8], { seed: 1 });
  const inputs = {
    x,
    offsets: offsetsOf([1, 9, 8, 8], [3, 3], { ...V2, reach: 2.5 }),
    weight: floats([3, 3, 8, 8], { seed: 2 }),
  };
  const dOut = floats([1, 9, 8, 8], { seed: 3 });
  const first = await run(device, { inputs, window: V2, dOut });
  for (let times = 0; times < 4; times++) {
    assert.deepEqual(await run(device, { inputs, window: V2, dOut }), first);
  }
});

/** Output and gradients of the inputs for a gradient of the output. */
async function run(
  device: Device,
  { inputs, window, dOut }: Pick<GoldenCase, "inputs" | "window" | "dOut">,
): Promise<{ out: Float32Array; gradients: Record<string, Float32Array> }> {
  return await asyncScope(async () => {
    const upload = ({ shape, data }: Input) => fromArray(device, shape, Float32Array.from(data));
    const tensors: Record<string, Tensor> = {};
    for (const [name, input] of Object.entries(inputs)) {
      tensors[name] = upload(input);
      tensors[name].requiresGrad = true;
    }
    const { x, offsets, weight, bias } = tensors;
    const { result, tape } = record(() =>
      deformConv2d(x!, { offsets: offsets!, weight: weight!, bias }, window)
    );
    const found = backwardFrom(tape, [{ output: result, gradient: upload(dOut) }]);
    const gradients: Record<string, Float32Array> = {};
    for (const [name, { id }] of Object.entries(tensors)) {
      gradients[name] = await found.get(id)!.readFloats();
    }
    return { out: await result.readFloats(), gradients };
  });
}

function within(
  what: string,
  actual: ArrayLike<number>,
  { expected, tolerance }: { expected: Input; tolerance: number },
): void {
  const worst = relativeError(actual, expected.data);
  assert.ok(
    worst.error <= tolerance,
    `${what}: ${worst.actual} for ${worst.expected} at ${worst.index}`,
  );
}
