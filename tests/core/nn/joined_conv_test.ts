import assert from "node:assert/strict";
import { normal } from "../../../core/nn/initial.ts";
import { JoinedConv2d } from "../../../core/nn/joined_conv.ts";
import { ModelState, StateScope } from "../../../core/nn/state.ts";
import { traceLayers } from "../../../core/nn/trace.ts";
import { DryDevice, empty, fromArray, scope } from "../../../core/runtime/mod.ts";
import { CpuDevice } from "../../../core/runtime/cpu/device.ts";

function make(state: ModelState): JoinedConv2d {
  const root = new StateScope(state, "head");
  return new JoinedConv2d([
    { scope: root.child("first"), outChannels: 1 },
    { scope: root.child("second"), outChannels: 2 },
  ], { inChannels: 2, initial: normal(0.01) });
}

Deno.test("JoinedConv2d has two layers' parameters, and computes the second's outputs, then the first's", async () => {
  const device = new CpuDevice();
  const state = new ModelState(device, 5);
  const layer = make(state);
  const load = (name: string, shape: number[], data: number[]) =>
    state.load(name, { shape, data: new Float32Array(data) });
  load("head.first.weight", [1, 2, 1, 1], [1, 2]);
  load("head.first.bias", [1], [0.5]);
  load("head.second.weight", [2, 2, 1, 1], [3, 4, 5, 6]);
  load("head.second.bias", [2], [0.25, 0.125]);
  assert.deepEqual(state.entries().map(({ name }) => name), [
    ...["head.first.weight", "head.first.bias", "head.second.weight", "head.second.bias"],
  ]);
  const [out] = scope(() =>
    layer.apply([fromArray(device, [1, 1, 2, 2], new Float32Array([1, 10, 2, 20]))])
  );
  assert.deepEqual([...await out!.readFloats()], [43.25, 65.125, 21.5, 0, 86.25, 130.125, 42.5, 0]);
  out!.release();
  state.close();
});

Deno.test("JoinedConv2d tells of each of its maps what is computed", () => {
  const device = new DryDevice();
  const state = new ModelState(device, 5);
  const layer = make(state);
  const maps = [[2, 3, 4, 2], [2, 1, 1, 2]];
  const calls = traceLayers(() =>
    scope(() => void layer.apply(maps.map((shape) => empty(device, shape))))
  );
  assert.deepEqual(
    calls.map(({ name, kind, output, parameters, flops }) => ({
      ...{ name, kind, output, parameters, flops },
    })),
    [
      { output: [2, 3, 4, 4], flops: 2 * 24 * 4 * 2 },
      { output: [2, 1, 1, 4], flops: 2 * 2 * 4 * 2 },
    ].map((call) => ({
      ...{ name: "head.first + head.second", kind: "conv 1×1", parameters: 9 },
      ...call,
    })),
  );
  state.close();
});
