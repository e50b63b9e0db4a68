/**
 * What this machine can do at most: a kernel of nothing but multiply-adds and one of nothing but copying, measured.
 * On the CPU device they are BLAS's product of large matrices and a copy between arrays. What kernels reach is
 * told as a share of these.
 * @module
 */
import {
  defineKernel,
  type Device,
  empty,
  full,
  gemm,
  gridFor,
  launch,
  scope,
  type Tensor,
} from "../../core/runtime/mod.ts";
import copySource from "./copy.wgsl" with { type: "text" };
import fmaSource from "./fma_chain.wgsl" with { type: "text" };
import * as host from "./host.ts";

/** Measured limits of a device. */
export interface MachineLimits {
  /** 10⁹ f32 operations a second, a multiplication and an addition being two. */
  readonly gflops: number;
  /** 10⁹ bytes a second that a copy reads and writes, both counted. */
  readonly gbps: number;
}

const fmaShader = { source: fmaSource };
const copyShader = { source: copySource };

const fmaKernel = defineKernel({
  name: "fma_chain",
  signature: { out: "f32" },
  host: host.fmaChain,
  wgsl: (p) => {
    const { grid, rowLength } = gridFor(p.size, 64);
    return [{ shader: fmaShader, grid, uniforms: { ...p, row: rowLength } }];
  },
  flops: ({ size, turns }) => 2 * size * turns * host.STEPS * host.CHAINS,
});

const copyKernel = defineKernel({
  name: "copy",
  signature: { x: "f32", out: "f32" },
  host: host.copy,
  wgsl: ({ size }: { size: number }, { isSoftware }) => {
    const step = isSoftware ? 1 : 64;
    const { grid, rowLength } = gridFor(step * Math.ceil(size / 4 / (4 * step)), 64);
    return [{ shader: copyShader, grid, uniforms: { size: size / 4, row: rowLength, step } }];
  },
});

/** f32 `[size]`: chains of multiply-adds, see {@link host.fmaChain}. */
export function fmaChain(device: Device, params: host.ChainParams): Tensor {
  const out = empty(device, [params.size]);
  launch(fmaKernel, { out }, params);
  return out;
}

/** A copy of x, f32. @throws RangeError where x has no multiple of four elements. */
export function copy(x: Tensor): Tensor {
  if (x.size % 4 !== 0) {
    throw new RangeError(`Cannot copy ${x.size} elements as they must be a multiple of 4`);
  }
  const out = empty(x.device, x.shape);
  launch(copyKernel, { x, out }, { size: x.size });
  return out;
}

/** Elements of the copy: 64 MiB, beyond any cache and within the smallest binding. */
const COPIED = 2 ** 24;

/** Extent of the product on the CPU device. */
const EXTENT = 1024;

/** The chains' fixed point is 2, so that numbers stay ordinary however long they run. */
const CHAIN = { size: 2 ** 16, scale: 0.5, shift: 1 };

/** Repetitions of which the quickest counts. */
const TRIES = 3;

/** Measures the limits of `device`, which should have nothing else to do: a second or two. */
export async function measureLimits(device: Device): Promise<MachineLimits> {
  const gflops = device.info.kind === "cpu" ? await productRate(device) : await chainRate(device);
  return { gflops, gbps: await copyRate(device) };
}

async function chainRate(device: Device): Promise<number> {
  let turns = 1;
  for (;; turns *= 4) {
    const ms = await best(device, () => fmaChain(device, { ...CHAIN, turns }));
    const operations = 2 * CHAIN.size * turns * host.STEPS * host.CHAINS;
    if (ms > ENOUGH_MS || turns >= 2 ** 20) return operations / ms / 1e6;
  }
}

async function productRate(device: Device): Promise<number> {
  const data = new Float32Array(EXTENT ** 2).fill(0.5);
  const matrix = { data, stride: EXTENT };
  const c = { data: new Float32Array(EXTENT ** 2), stride: EXTENT };
  const ms = await best(
    device,
    () => gemm({ m: EXTENT, n: EXTENT, k: EXTENT, a: matrix, b: matrix, c }),
  );
  return 2 * EXTENT ** 3 / ms / 1e6;
}

async function copyRate(device: Device): Promise<number> {
  const x = scope(() => full(device, [COPIED], 1));
  const times = 4;
  const ms = await best(device, () => {
    for (let i = 0; i < times; i++) copy(x);
  });
  x.release();
  return 2 * 4 * COPIED * times / ms / 1e6;
}

/** A run should take this long, far above the 12 ms of a wait. */
const ENOUGH_MS = 100;

/** Milliseconds of the quickest run, after one that compiles. */
async function best(device: Device, run: () => unknown): Promise<number> {
  let least = Infinity;
  for (let i = 0; i <= TRIES; i++) {
    const start = performance.now();
    scope(() => void run());
    await device.finish();
    if (i > 0) least = Math.min(least, performance.now() - start);
  }
  return least;
}
