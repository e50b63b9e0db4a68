import assert from "node:assert/strict";
import { fromArray, scope } from "../../core/runtime/mod.ts";
import { sigmoidBce } from "../../kernels/sigmoid_bce/mod.ts";
import { checkOp, floats, type Input, ints } from "../_support/check_op.ts";
import { onDevices } from "../_support/devices.ts";
import { random } from "../_support/random.ts";

/** Labels of all anchors and ascending samples without repetition; image n lacks its last n·3 samples. */
function sampled(images: number, anchors: number, samples: number) {
  const next = random(5);
  const labels = Int32Array.from({ length: images * anchors }, () => next.integer(3) - 1);
  const indices = new Int32Array(images * samples).fill(-1);
  for (let n = 0; n < images; n++) {
    const order = Array.from({ length: anchors }, (_, a) => a).filter(() => next.uniform() < 0.6);
    const chosen = order.slice(0, Math.max(0, samples - n * 3));
    chosen.forEach((anchor, b) => {
      indices[n * samples + b] = anchor;
      labels[n * anchors + anchor] = next.integer(2);
    });
  }
  return { labels: ints([images, anchors], labels), indices: ints([images, samples], indices) };
}

function check(name: string, inputs: { logits: Input; labels: Input; indices: Input }): void {
  checkOp({
    name: `sigmoidBce ${name}`,
    inputs,
    run: ({ logits, labels, indices }) =>
      sigmoidBce(logits!, { labels: labels!, indices: indices! }),
    gradients: ["logits"],
  });
}

for (const [images, anchors, samples] of [[1, 1, 1], [2, 67, 16], [3, 700, 300]] as const) {
  const chosen = sampled(images, anchors, samples);
  check(`of ${images}×${anchors}`, {
    logits: floats([images, anchors], { scale: 3 }),
    ...chosen,
  });
}
check("without a sample is 0", {
  logits: floats([2, 5]),
  labels: ints([2, 5], new Int32Array(10).fill(-1)),
  indices: ints([2, 3], new Int32Array(6).fill(-1)),
});
check("without images", {
  logits: floats([0, 5]),
  labels: ints([0, 5], []),
  indices: ints([0, 3], []),
});

onDevices("sigmoidBce of large logits is finite and exact", async (device) => {
  const loss = scope(() => {
    const logits = fromArray(device, [1, 4], new Float32Array([200, -200, 200, -200]));
    const labels = fromArray(device, [1, 4], new Int32Array([1, 0, 0, 1]));
    const indices = fromArray(device, [1, 4], new Int32Array([0, 1, 2, 3]));
    return sigmoidBce(logits, { labels, indices });
  });
  assert.deepEqual([...await loss.readFloats()], [100]);
  loss.release();
});
