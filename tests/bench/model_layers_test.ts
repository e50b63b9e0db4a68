import assert from "node:assert/strict";
import { heaviestLayers, layerName } from "../../bench/model_layers.ts";
import quickstart from "../../experiments/quickstart/config.ts";
import r50 from "../../experiments/r50_fpn_1x/config.ts";

Deno.test("the heaviest layers of R-50-FPN at 800×1333 are those of its architecture", async () => {
  const layers = await heaviestLayers(r50, { shape: [1, 800, 1344, 3], count: 20 });
  assert.equal(layers.length, 20);
  const names = layers.map(({ geometry }) => layerName(geometry));
  // The finest level's 3×3 convolutions of FPN and RPN.
  assert.equal(names[0], "conv 3×3 256→256, 200×336");
  assert.equal(layers[0]!.calls, 2);
  assert.equal(layers[0]!.flops, 2 * 200 * 336 * 256 * 256 * 9);
  assert.ok(names.includes("product 512×12544×1024"), names.join("; "));
  assert.ok(names.includes("conv 7×7 3→64 /2, 400×672"), names.join("; "));
  const work = layers.map(({ flops, calls }) => flops * calls);
  assert.deepEqual(work, work.toSorted((a, b) => b - a));
});

Deno.test("layers of the quickstart come from its own batch", async () => {
  const layers = await heaviestLayers(quickstart, { shape: [4, 128, 192, 3], count: 3 });
  assert.equal(layers.length, 3);
  for (const { geometry } of layers) assert.match(layerName(geometry), /^(conv|product) /);
  assert.ok(layers.some(({ geometry }) => geometry.n === 4));
});
