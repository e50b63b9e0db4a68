import assert from "node:assert/strict";
import { CpuDevice } from "../../core/runtime/cpu/device.ts";
import {
  backward,
  backwardFrom,
  type Device,
  differentiable,
  DryDevice,
  empty,
  keep,
  noGrad,
  record,
  scope,
  type Tensor,
} from "../../core/runtime/mod.ts";
import { onDevices } from "../_support/devices.ts";
import { add, leaf, multiply, tensor, twice } from "./_support/ops.ts";

/** The gradients of `inputs` where `run` makes the losses (summed). */
async function gradientsOf(
  inputs: readonly Tensor[],
  run: () => readonly Tensor[],
): Promise<(number[] | undefined)[]> {
  const found = scope(() => {
    const { result, tape } = record(run);
    const gradients = backward(tape, result);
    return inputs.map((input) => gradients.get(input.id));
  });
  const numbers = [];
  for (const gradient of found) {
    numbers.push(gradient && [...await gradient.readFloats()]);
  }
  for (const gradient of new Set(found)) gradient?.release();
  return numbers;
}

onDevices("backward() adds the gradients of every use", async (device) => {
  const x = leaf(device, [1, 2, 3]), y = leaf(device, [4, 5, 6]);
  // x² + x·y + x, by x: 2x + y + 1; by y: x
  const [dX, dY] = await gradientsOf([x, y], () => [
    add(add(multiply(x, x), multiply(x, y)), x),
  ]);
  assert.deepEqual(dX, [7, 10, 13]);
  assert.deepEqual(dY, [1, 2, 3]);
  for (const input of [x, y]) input.release();
});

onDevices(
  "backward() adds more gradients than one launch takes, from first to last",
  async (device) => {
    const big = 2 ** 24; // to which what is added is rounded
    const x = leaf(device, [1]), factors = [1, 1, 1, 1, 1, 1, 1, big, 1, 1];
    const [dX] = await gradientsOf(
      [x],
      () => factors.map((factor) => multiply(x, tensor(device, [factor]))),
    );
    const plus = (sum: number, factor: number) => Math.fround(sum + factor);
    // The tape is walked from the end.
    assert.deepEqual(dX, [factors.reduceRight(plus, 0)]);
    assert.notDeepEqual(dX, [factors.reduce(plus, 0)]);
    x.release();
  },
);

onDevices("a gradient that two inputs share is not changed by adding to one", async (device) => {
  const a = leaf(device, [1]), b = leaf(device, [2]), c = leaf(device, [3]);
  const gradients = await gradientsOf([a, b, c], () => [add(add(add(a, b), c), a)]);
  assert.deepEqual(gradients, [[2], [1], [1]]);
  const [squared] = await gradientsOf([a], () => [add(a, a)]);
  assert.deepEqual(squared, [2]);
  for (const input of [a, b, c]) input.release();
});

onDevices("an output that nobody used has the gradient zero", async (device) => {
  const x = leaf(device, [5, 6]);
  const y = tensor(device, [3, 4]);
  const [dX] = await gradientsOf([x], () => [multiply(twice(x)[1], y)]);
  assert.deepEqual(dX, [3, 4]);
  for (const input of [x, y]) input.release();
});

onDevices(
  "several losses add up, and operators that lead to none are passed over",
  async (device) => {
    const x = leaf(device, [2]), y = leaf(device, [7]);
    const gradients = await gradientsOf([x, y], () => {
      multiply(x, y); // leads nowhere
      return [multiply(x, x), add(x, x)];
    });
    assert.deepEqual(gradients, [[6], undefined]);
    for (const input of [x, y]) input.release();
  },
);

onDevices("backwardFrom() takes given gradients, and several for one output", async (device) => {
  const x = leaf(device, [2, 3]);
  const dX = scope(() => {
    const { result, tape } = record(() => multiply(x, x));
    const seeds = [[1, 10], [100, 0]].map((values) => ({
      output: result,
      gradient: tensor(device, values),
    }));
    return [backwardFrom(tape, seeds).get(x.id)!];
  })[0]!;
  assert.deepEqual([...await dX.readFloats()], [404, 60]);
  dX.release();
  x.release();
});

onDevices("a step leaves the memory as it found it", (device) => {
  const parameters = [leaf(device, [1, 2, 3]), leaf(device, [4, 5, 6])];
  const before = device.memory();
  for (let step = 0; step < 3; step++) {
    scope(() => {
      const { result, tape } = record(() => network(parameters));
      const gradients = backward(tape, [result]);
      assert.equal(gradients.size, 2);
    });
    assertUnchanged(device, before);
  }
  for (const parameter of parameters) parameter.release();
  return Promise.resolve();
});

/** Shares gradients between leaves, reuses activations and leaves an output unused. */
function network([a, b]: readonly Tensor[]): Tensor {
  const [left] = twice(add(a!, b!));
  return multiply(add(left, multiply(left, a!)), add(left, b!));
}

function assertUnchanged(device: Device, before: { liveBytes: number; liveSlots: number }): void {
  const { liveBytes, liveSlots } = device.memory();
  assert.deepEqual(
    { liveBytes, liveSlots },
    { liveBytes: before.liveBytes, liveSlots: before.liveSlots },
  );
}

Deno.test("gradients belong to the scope that calls backward(), shared ones too", () => {
  const device = new CpuDevice();
  const parameters = [leaf(device, [1]), leaf(device, [2])];
  const before = device.memory();
  scope(() => {
    const gradients = scope(() => {
      const { result, tape } = record(() => add(parameters[0]!, parameters[1]!));
      return backward(tape, [result]);
    });
    const [first, second] = parameters.map(({ id }) => gradients.get(id));
    assert.equal(first, second);
    assert.ok(first && !first.isFreed);
    assert.equal(device.memory().liveSlots, before.liveSlots + 1);
  });
  assertUnchanged(device, before);
});

Deno.test("losses of one shape start from one tensor of ones", () => {
  const device = new DryDevice();
  scope(() => {
    const x = empty(device, [2]), y = empty(device, [3]);
    x.requiresGrad = y.requiresGrad = true;
    const { result, tape } = record(() => [multiply(x, x), multiply(y, y), multiply(x, x)]);
    backward(tape, result);
  });
  assert.equal(device.launches.get("fill"), 2);
  assert.equal(device.memory().liveSlots, 0);
});

Deno.test("a kept gradient outlives its scopes", () => {
  const device = new CpuDevice();
  const x = leaf(device, [1]);
  const kept = scope(() => {
    const { result, tape } = record(() => multiply(x, x));
    return { kept: keep(backward(tape, [result]).get(x.id)!) };
  }).kept;
  assert.ok(!kept.isFreed);
  kept.release();
  assert.equal(device.memory().liveSlots, 1);
});

Deno.test("the tape holds what gradients need beyond the scope, and frees it on its way", () => {
  const device = new CpuDevice();
  const x = leaf(device, [1, 2]);
  scope(() => {
    const { tape, result } = scope(() => record(() => multiply(multiply(x, x), x)));
    assert.equal(device.memory().liveSlots, 3); // x, its square for the tape, the result
    backward(tape, [result]);
    assert.equal(tape.entries.length, 0);
    assert.equal(device.memory().liveSlots, 3); // x, the result, the gradient
  });
  assert.equal(device.memory().liveSlots, 1);
});

Deno.test("letGo() frees what a gradient has read before it is done, and nothing that others hold", () => {
  const device = new CpuDevice();
  const x = leaf(device, [3]);
  scope(() => {
    const seen: number[] = [];
    const { result, tape } = scope(() =>
      record(() => {
        const hidden = add(x, x), other = tensor(device, [2]);
        const out = add(hidden, hidden);
        differentiable({
          inputs: [x],
          outputs: [out],
          saved: [hidden, other, hidden, out],
          backward: ([dOut], _needs, letGo) => {
            seen.push(device.memory().liveSlots);
            letGo(hidden, x);
            seen.push(device.memory().liveSlots);
            assert.ok(hidden.isFreed && !other.isFreed && !out.isFreed && !x.isFreed);
            letGo(hidden, dOut!, out);
            assert.ok(!dOut!.isFreed); // the scope of backward() has it
            return [multiply(dOut!, other)];
          },
        });
        return out;
      })
    );
    backward(tape, [result]);
    assert.equal(seen[1], seen[0]! - 1);
    assert.ok(!result.isFreed);
  });
  assert.equal(device.memory().liveSlots, 1);
});

Deno.test("Tape.discard() frees what the tape holds", () => {
  const device = new CpuDevice();
  const x = leaf(device, [1, 2]);
  const { tape } = scope(() => record(() => multiply(multiply(x, x), x)));
  tape.discard();
  assert.equal(tape.entries.length, 0);
  scope(() => record(() => multiply(x, x)).tape.discard());
  x.release();
});

Deno.test("record() that throws frees the tape, and nothing records after it", () => {
  const device = new CpuDevice();
  const x = leaf(device, [1]);
  assert.throws(() =>
    scope(() =>
      record(() => {
        multiply(multiply(x, x), x);
        throw new Error("on purpose");
      })
    ), /on purpose/);
  assert.equal(device.memory().liveSlots, 1);
  scope(() => assert.ok(!multiply(x, x).requiresGrad));
});

Deno.test("noGrad() records nothing within record(), which goes on after it", () => {
  const device = new CpuDevice();
  scope(() => {
    const x = leaf(device, [1]);
    const { tape, result } = record(() => {
      const hidden = noGrad(() => multiply(x, x));
      assert.ok(!hidden.requiresGrad);
      return add(hidden, x);
    });
    assert.equal(tape.entries.length, 1);
    assert.ok(result.requiresGrad);
    tape.discard();
  });
});

Deno.test("operators whose inputs need no gradient are not recorded", () => {
  const device = new CpuDevice();
  scope(() => {
    const x = tensor(device, [1]);
    assert.equal(record(() => multiply(x, x)).tape.entries.length, 0);
  });
});

Deno.test("backward() that throws frees the tape and the gradients so far", () => {
  const device = new CpuDevice();
  const x = leaf(device, [1, 2]);
  const before = device.memory();
  const faults: [() => readonly Tensor[], RegExp][] = [
    [() => {
      throw new Error("on purpose");
    }, /on purpose/],
    [() => [empty(device, [3])], /gradient of shape 3 .*shape 2/],
    [() => [empty(device, [2], "i32")], /type i32/],
  ];
  for (const [faulty, message] of faults) {
    scope(() => {
      const { result, tape } = record(() => {
        const start = multiply(x, x);
        differentiable({ inputs: [x], outputs: [start], saved: [start], backward: faulty });
        return add(multiply(start, x), start);
      });
      assert.throws(() => backward(tape, [result]), message);
      assert.equal(tape.entries.length, 0);
    });
    assertUnchanged(device, before);
  }
});

Deno.test("record() refuses async functions", () => {
  assert.throws(() => record(async () => await Promise.resolve()), /async/);
});
