/** The suite `ops`: operators of the detector, checked against their host code in float64. */
import { CpuDevice } from "../core/runtime/cpu/device.ts";
import { type Device, scope } from "../core/runtime/mod.ts";
import { requireEqual } from "./check.ts";
import { type BenchContext, compare, gflopsOf, onDevice } from "./context.ts";
import { type OpBench, OPS, type PreparedOp, type Sizes } from "./op_cases.ts";
import type { NewResult } from "./result.ts";

/** Times every operator and hands over each result as it comes. */
export async function* benchOps(context: BenchContext): AsyncGenerator<NewResult> {
  const wanted = OPS.filter((bench) => context.isWanted(nameOf(context, bench)));
  for (const bench of wanted.slice(0, context.limit)) yield await benchOp(context, bench);
}

function nameOf(context: BenchContext, bench: OpBench): string {
  const sizes = Object.entries(sizesOf(context, bench));
  return [bench.op, ...sizes.map(([name, value]) => `${name} ${value}`)].join(", ");
}

function sizesOf({ isQuick }: BenchContext, bench: OpBench): Sizes {
  return isQuick ? bench.quick : bench.full;
}

async function benchOp(context: BenchContext, bench: OpBench): Promise<NewResult> {
  const { device } = context;
  const sizes = sizesOf(context, bench), name = nameOf(context, bench);
  const error = await checkOp(name, bench, { device, sizes });
  const prepared = scope(() => kept(bench.prepare(device, sizes)));
  const { ms, ratio, peer_ms } = await compare(context, {
    name,
    ours: onDevice(device, () => scope(() => void prepared.run())),
    task: { task: "op", op: bench.op, sizes },
  });
  const flops = await flopsOf(device, prepared);
  for (const input of prepared.inputs) input.release();
  const gflops = flops > 0 ? gflopsOf(flops, ms) : null;
  const share = gflops === null ? null : gflops / context.limits.gflops;
  const checked = { against: "host code in float64", error };
  return { suite: "ops", name, ms, gflops, share, ratio, peer_ms, checked };
}

/** @returns the largest difference of any result. @throws UserError where it is too large */
async function checkOp(
  name: string,
  bench: OpBench,
  { device, sizes }: { device: Device; sizes: Sizes },
): Promise<number> {
  const actual = await resultsOf(bench, device, sizes);
  const expected = await resultsOf(bench, new CpuDevice({ precision: 64 }), sizes);
  const errors = actual.map((values, i) =>
    requireEqual(name, values, { expected: expected[i]!, tolerance: bench.tolerance })
  );
  return Math.max(...errors);
}

async function resultsOf(
  bench: OpBench,
  device: Device,
  sizes: Sizes,
): Promise<ArrayLike<number>[]> {
  const tensors = scope(() => bench.prepare(device, sizes).run());
  const values: ArrayLike<number>[] = [];
  for (const tensor of tensors) {
    values.push(await tensor.read());
    tensor.release();
  }
  return values;
}

/** Its inputs outlive the scope. */
function kept(prepared: PreparedOp): PreparedOp {
  for (const input of prepared.inputs) input.retain();
  return prepared;
}

async function flopsOf(device: Device, prepared: PreparedOp): Promise<number> {
  const profile = device.profile();
  scope(() => void prepared.run());
  const launches = await profile.take();
  profile.stop();
  return launches.reduce((sum, { flops }) => sum + flops, 0);
}
