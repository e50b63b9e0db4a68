import assert from "node:assert/strict";
import { CpuDevice } from "../../core/runtime/cpu/device.ts";
import {
  backward,
  type Device,
  isRecomputing,
  noGrad,
  recompute,
  record,
  scope,
  type Tensor,
} from "../../core/runtime/mod.ts";
import { onDevices } from "../_support/devices.ts";
import { add, leaf, multiply, tensor } from "./_support/ops.ts";

/** A stage of five products and sums in which x and w each occur several times. */
function stage(x: Tensor, w: Tensor): Tensor {
  const first = scope(() => multiply(add(x, w), x));
  return add(multiply(first, first), multiply(first, w));
}

/** Two stages, whose first's output is used beside the second too. */
function network(inputs: readonly Tensor[], through: typeof recompute): Tensor {
  const [x, v, w] = inputs as readonly [Tensor, Tensor, Tensor];
  const first = through([x], () => scope(() => stage(x, v)));
  const second = through([first], () => scope(() => stage(first, w)));
  return add(add(second, first), x);
}

function plain(_inputs: readonly Tensor[], body: () => Tensor): Tensor {
  return body();
}

async function gradientsOf(leaves: readonly Tensor[], through: typeof recompute) {
  const found = scope(() => {
    const { result, tape } = scope(() => record(() => network(leaves, through)));
    const gradients = backward(tape, [result]);
    return leaves.map(({ id }) => gradients.get(id)!);
  });
  const values = [];
  for (const gradient of found) values.push([...await gradient.readFloats()]);
  for (const gradient of found) gradient.release();
  return values;
}

/** Numbers whose sums are rounded, so that another order of adding would show. */
function leaves(device: Device): Tensor[] {
  return [0.1, 0.7, 1.3].map((start) => leaf(device, [start, -start / 3, start * 1.1e3, 1e-3]));
}

onDevices(
  "gradients through recompute() are those of a usual tape to the last bit",
  async (device) => {
    const inputs = leaves(device);
    const before = device.memory().liveBytes;
    const expected = await gradientsOf(inputs, plain);
    const actual = await gradientsOf(inputs, recompute);
    assert.deepEqual(actual, expected);
    assert.equal(device.memory().liveBytes, before);
    for (const input of inputs) input.release();
  },
);

Deno.test("recompute() keeps a stage's inputs, and what is between them only while its gradients are made", () => {
  const device = new CpuDevice();
  const x = leaf(device, [1, 2]), w = leaf(device, [3, 4]);
  const runs: boolean[] = [];
  scope(() => {
    const { result, tape } = scope(() =>
      record(() =>
        recompute([x], () => {
          runs.push(isRecomputing());
          return stage(x, w);
        })
      )
    );
    assert.equal(device.memory().liveSlots, 3); // x, w and the result
    device.resetPeak();
    backward(tape, [result]);
    assert.ok(device.memory().peakBytes > device.memory().liveBytes);
    assert.equal(device.memory().liveSlots, 5); // and two gradients
  });
  assert.equal(device.memory().liveSlots, 2);
  assert.deepEqual(runs, [false, true]);
  assert.ok(!isRecomputing());
});

Deno.test("recompute() runs once where nobody asks for gradients", () => {
  const device = new CpuDevice();
  const x = leaf(device, [1]), fixed = tensor(device, [2]);
  let runs = 0;
  function counted(of: Tensor): Tensor {
    return recompute([of], () => {
      runs++;
      return multiply(of, of);
    });
  }
  scope(() => {
    assert.ok(!noGrad(() => counted(x)).requiresGrad);
    counted(x);
    const { result, tape } = record(() => {
      counted(x); // leads nowhere
      return add(counted(fixed), x);
    });
    assert.equal(runs, 4);
    backward(tape, [result]);
    assert.equal(runs, 4);
  });
});

Deno.test("a body of recompute() that throws on its second run frees all there is", () => {
  const device = new CpuDevice();
  const x = leaf(device, [1]), w = leaf(device, [2]);
  const before = device.memory();
  scope(() => {
    const { result, tape } = record(() => {
      const start = stage(x, w);
      return recompute([start], () => {
        const half = stage(start, w);
        if (isRecomputing()) throw new Error("on purpose");
        return half;
      });
    });
    assert.throws(() => backward(tape, [result]), /on purpose/);
    assert.equal(tape.entries.length, 0);
  });
  assert.deepEqual(device.memory().liveSlots, before.liveSlots);
  assert.ok(!isRecomputing());
});
