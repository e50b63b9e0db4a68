import assert from "node:assert/strict";
import { constant, normal } from "../../../core/nn/initial.ts";
import { ModelState, StateScope } from "../../../core/nn/state.ts";
import { type Device, fromArray, scope } from "../../../core/runtime/mod.ts";
import { onDevices } from "../../_support/devices.ts";

/** Runs `body` with a state that is closed at the end, and checks that this frees all its memory. */
async function withState(
  device: Device,
  body: (state: ModelState) => Promise<void> | void,
): Promise<void> {
  const before = device.memory().liveBytes;
  const state = new ModelState(device, 5);
  try {
    await body(state);
  } finally {
    state.close();
  }
  assert.equal(device.memory().liveBytes, before);
}

function counting(size: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: size }, (_, i) => i);
}

onDevices("a loaded tensor lies in its layout and reads back as it was", async (device) => {
  await withState(device, async (state) => {
    const tensor = state.declare("w", {
      shape: [2, 3],
      initial: constant(0),
      layout: { kind: "linear" },
    });
    state.load("w", { shape: [2, 3], data: counting(6) });
    assert.deepEqual(tensor.shape, [3, 2]);
    assert.deepEqual([...await tensor.readFloats()], [0, 3, 1, 4, 2, 5]);
    const { shape, data } = await state.canonical(state.get("w")!);
    assert.deepEqual([shape, [...data]], [[2, 3], [0, 1, 2, 3, 4, 5]]);
  });
});

onDevices("canonical() also orders a tensor shaped like the entry", async (device) => {
  await withState(device, async (state) => {
    state.declare("w", { shape: [2, 3], initial: constant(0), layout: { kind: "linear" } });
    const gradient = fromArray(device, [3, 2], counting(6));
    const { data } = await state.canonical(state.get("w")!, gradient);
    gradient.release();
    assert.deepEqual([...data], [0, 2, 4, 1, 3, 5]);
  });
});

onDevices("initial numbers depend on seed and name, not on layout or order", async (device) => {
  const initial = normal(1);
  const numbers = async (declare: (state: ModelState) => void, seed = 5) => {
    const state = new ModelState(device, seed);
    try {
      declare(state);
      return [...(await state.canonical(state.get("b")!)).data];
    } finally {
      state.close();
    }
  };
  const alone = await numbers((state) => state.declare("b", { shape: [2, 3], initial }));
  const after = await numbers((state) => {
    state.declare("a", { shape: [4], initial });
    state.declare("b", { shape: [2, 3], initial, layout: { kind: "linear" } });
  });
  assert.deepEqual(after, alone);
  const other = await numbers((state) => state.declare("b", { shape: [2, 3], initial }), 6);
  assert.notDeepEqual(other, alone);
});

onDevices("only parameters outside frozen scopes are trainable", async (device) => {
  await withState(device, (state) => {
    const root = new StateScope(state);
    const frozen = root.child("stem", { frozen: true });
    const declaration = { shape: [1], initial: constant(1) };
    frozen.child("conv1").declare("weight", declaration);
    root.child("bn").declare("running_mean", { ...declaration, kind: "buffer" });
    root.child("layer").child("0").declare("weight", declaration);
    root.declare("bias", declaration);
    assert.deepEqual(state.entries().map(({ name }) => name), [
      "stem.conv1.weight",
      "bn.running_mean",
      "layer.0.weight",
      "bias",
    ]);
    assert.deepEqual(state.trainable().map(({ name }) => name), ["layer.0.weight", "bias"]);
    assert.equal(state.get("stem.conv1.weight")!.tensor.requiresGrad, false);
    assert.equal(state.get("stem.weight"), undefined);
  });
});

onDevices("listeners are called at once, and whenever numbers were loaded", async (device) => {
  await withState(device, (state) => {
    let calls = 0;
    state.whenLoaded(() => calls += 1);
    assert.equal(calls, 1);
    state.loaded();
    state.loaded();
    assert.equal(calls, 3);
  });
});

onDevices("the state outlives the scope that declares it", async (device) => {
  await withState(device, async (state) => {
    scope(() => {
      state.declare("w", { shape: [2], initial: constant(3) });
    });
    assert.deepEqual([...(await state.canonical(state.get("w")!)).data], [3, 3]);
  });
});

onDevices(
  "a name used twice, an unknown one and a wrong size are refused by name",
  async (device) => {
    await withState(device, (state) => {
      state.declare("w", { shape: [2], initial: constant(0) });
      assert.throws(() => state.declare("w", { shape: [2], initial: constant(0) }), /declare w /);
      const three = { shape: [3], data: new Float32Array(3) };
      assert.throws(() => state.load("w", three), /load w .*shape 3/);
      assert.throws(() => state.load("v", three), /load v /);
    });
  },
);
