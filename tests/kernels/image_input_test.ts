import assert from "node:assert/strict";
import { empty, fromArray, scope, type Tensor } from "../../core/runtime/mod.ts";
import {
  imageInput,
  type ImageInputOptions,
  imageInputs,
  type InputImage,
  pixelWords,
  type SourceImage,
} from "../../kernels/image_input/mod.ts";
import { checkOp, floats } from "../_support/check_op.ts";
import { onDevices, reference, type Target, TARGETS } from "../_support/devices.ts";
import { random } from "../_support/random.ts";
import bilinear from "../fixtures/resize/bilinear.json" with { type: "json" };
import fixture from "../fixtures/resize/cases.json" with { type: "json" };

const PLAIN = { mean: [0, 0, 0], std: [1, 1, 1] } as const;

function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

for (const { width, height, outWidth, outHeight, source, resized } of fixture) {
  onDevices(
    `imageInput ${width}×${height} to ${outWidth}×${outHeight} equals Pillow`,
    async (device) => {
      const batch = scope(() => {
        const batch = empty(device, [1, outHeight, outWidth, 3]);
        const words = pixelWords(decode(source));
        const pixels = fromArray(device, [words.length], words);
        const options = { index: 0, width: outWidth, height: outHeight, ...PLAIN };
        imageInput(batch, { pixels, width, height }, options);
        return batch;
      });
      assert.deepEqual([...await batch.readFloats()], [...decode(resized)]);
      batch.release();
    },
  );
}

for (const { width, height, outWidth, outHeight, source, ...expected } of bilinear) {
  for (const resize of ["torch", "opencv"] as const) {
    onDevices(
      `imageInput ${width}×${height} to ${outWidth}×${outHeight} equals ${resize}'s bilinear`,
      async (device) => {
        const batch = scope(() => {
          const batch = empty(device, [1, outHeight, outWidth, 3]);
          const words = pixelWords(decode(source));
          const pixels = fromArray(device, [words.length], words);
          const options = { index: 0, width: outWidth, height: outHeight, resize, ...PLAIN };
          imageInput(batch, { pixels, width, height }, options);
          return batch;
        });
        const values = await batch.readFloats();
        batch.release();
        if (resize === "opencv") assert.deepEqual([...values], [...decode(expected.opencv)]);
        else {
          assert.equal(values.length, expected.torch.length);
          expected.torch.forEach((wanted, i) =>
            assert.ok(
              Math.abs(values[i]! - wanted / 256) < 0.0025,
              `${i}: ${values[i]} for ${wanted / 256}`,
            )
          );
        }
      },
    );
  }
}

/** The two pixels that a 2×1 image becomes in a 2×3 place of a batch of two. */
async function place(
  device: Parameters<Parameters<typeof onDevices>[1]>[0],
  options: Partial<ImageInputOptions>,
): Promise<number[][]> {
  const batch = scope(() => {
    const batch = fromArray(device, [2, 2, 3, 3], new Float32Array(36).fill(7));
    const words = pixelWords(Uint8Array.of(10, 20, 30, 40, 50, 60));
    const source: SourceImage = {
      pixels: fromArray(device, [2], words),
      width: 2,
      height: 1,
    };
    imageInput(batch, source, { index: 1, width: 2, height: 1, ...PLAIN, ...options });
    return batch;
  });
  const values = [...await batch.readFloats()];
  batch.release();
  assert.deepEqual(values.slice(0, 18), new Array(18).fill(7), "the other image is left alone");
  assert.deepEqual(values.slice(24), new Array(12).fill(0), "zeros right and below");
  return [values.slice(18, 21), values.slice(21, 24)];
}

onDevices("imageInput flips, changes channels and normalizes", async (device) => {
  assert.deepEqual(await place(device, {}), [[10, 20, 30], [40, 50, 60]]);
  assert.deepEqual(await place(device, { flipHorizontal: true }), [[40, 50, 60], [10, 20, 30]]);
  assert.deepEqual(await place(device, { bgr: true, mean: [1, 2, 3], std: [1, 2, 4] }), [
    [29, 9, 1.75],
    [59, 24, 9.25],
  ]);
});

onDevices("imageInput flips upside down", async (device) => {
  const batch = scope(() => {
    const batch = empty(device, [1, 2, 1, 3]);
    const pixels = fromArray(device, [2], pixelWords(Uint8Array.of(1, 2, 3, 4, 5, 6)));
    const options = { index: 0, width: 1, height: 2, flipVertical: true, ...PLAIN };
    imageInput(batch, { pixels, width: 1, height: 2 }, options);
    return batch;
  });
  assert.deepEqual([...await batch.readFloats()], [4, 5, 6, 1, 2, 3]);
  batch.release();
});

/** Smaller than the source of 61×101 pixels, larger than its intermediate rows and the batch's image. */
const SPLIT: Target = {
  name: "webgpu, bindings of 16 KiB",
  kind: "webgpu",
  maxBindingBytes: 16384,
};
const next = random(3);
const noise = pixelWords(Uint8Array.from({ length: 61 * 101 * 3 }, () => next.integer(256)));
for (const resize of ["pillow", "torch", "opencv"] as const) {
  checkOp({
    name: `imageInput of a source larger than a binding, ${resize}`,
    inputs: {
      pixels: { shape: [noise.length], dtype: "u32", data: noise },
      batch: floats([3, 32, 32, 3]),
    },
    run: ({ pixels, batch }) => {
      const options = { index: 1, width: 27, height: 30, bgr: true, flipHorizontal: true, resize };
      const normalize = { mean: [102.9801, 115.9465, 122.7717], std: [1, 57, 58] } as const;
      imageInput(batch!, { pixels: pixels!, width: 61, height: 101 }, { ...options, ...normalize });
      return batch!;
    },
    targets: [...TARGETS, SPLIT],
  });
}

for (const [width, batchWidth] of [[8, 12], [8, 8], [6, 12], [8, 9]] as const) {
  for (const flipped of [false, true]) {
    checkOp({
      name: `imageInput of ${width} columns of ${batchWidth} that keeps its size${
        flipped ? " flipped" : ""
      }`,
      inputs: {
        pixels: {
          shape: [width * 5 * 3 / 2],
          dtype: "u32",
          data: noise.slice(0, width * 5 * 3 / 2),
        },
        batch: floats([3, 12, batchWidth, 3]),
      },
      run: ({ pixels, batch }) => {
        const flips = { flipHorizontal: flipped, flipVertical: flipped, bgr: flipped };
        const normalize = { mean: [102.9801, 115.9465, 122.7717], std: [1, 57, 58] } as const;
        const image = { pixels: pixels!, width, height: 10 };
        imageInput(batch!, image, { index: 1, width, height: 10, ...flips, ...normalize });
        return batch!;
      },
    });
  }
}

/** Six that keep their size, for two launches; one of those has another mean, and another image is resized. */
const SEVERAL = [[8, 10], [16, 12], [6, 7], [12, 3], [4, 12], [16, 1], [8, 8]] as const;
const words = Object.fromEntries(SEVERAL.map(([width, height], n) => {
  const size = Math.ceil(width * height * 3 / 4);
  return [`p${n}`, {
    shape: [size],
    dtype: "u32" as const,
    data: noise.slice(50 * n, 50 * n + size),
  }];
}));

function severalOf(pixels: Record<string, Tensor>): InputImage[] {
  return SEVERAL.map(([width, height], n) => ({
    source: { pixels: pixels[`p${n}`]!, width, height },
    options: {
      ...{ index: 6 - n, width, height, bgr: true, flipHorizontal: n % 2 === 1 },
      ...{ flipVertical: n % 3 === 1, mean: [102, n === 4 ? 0 : 115, 122], std: [1, 57, 58] },
    },
  }));
}

checkOp({
  name: "imageInputs of several sizes",
  inputs: { ...words, batch: floats([8, 12, 16, 3]) },
  run: ({ batch, ...pixels }) => {
    imageInputs(batch!, severalOf(pixels));
    return batch!;
  },
  targets: [...TARGETS, SPLIT],
});

onDevices("imageInputs writes what imageInput does", async (device) => {
  const batches = scope(() => {
    const pixels = Object.fromEntries(
      Object.entries(words).map((
        [name, { shape, data }],
      ) => [name, fromArray(device, shape, data)]),
    );
    const [together, apart] = [empty(device, [7, 12, 16, 3]), empty(device, [7, 12, 16, 3])];
    const images = severalOf(pixels);
    imageInputs(together, images);
    for (const { source, options } of images) imageInput(apart, source, options);
    return [together, apart];
  });
  const [together, apart] = [await batches[0]!.readFloats(), await batches[1]!.readFloats()];
  assert.deepEqual(together, apart);
  for (const batch of batches) batch.release();
});

onDevices("imageInput of an image that keeps its size equals its resizing", async (device) => {
  const batches = scope(() => {
    const pixels = fromArray(device, [24], noise.slice(0, 24));
    const options = { index: 0, width: 8, height: 4, flipHorizontal: true, ...PLAIN };
    // Rows that are no multiple of 4 are resized, to what they are.
    return [8, 9].map((width) => {
      const batch = empty(device, [1, 4, width, 3]);
      imageInput(batch, { pixels, width: 8, height: 4 }, options);
      return batch;
    });
  });
  const [copied, resized] = [await batches[0]!.readFloats(), await batches[1]!.readFloats()];
  const rows = Array.from({ length: 4 }, (_, y) => [...resized.slice(y * 27, y * 27 + 24)]);
  assert.deepEqual([...copied], rows.flat());
  for (const batch of batches) batch.release();
});

Deno.test("imageInput refuses what does not fit", () => {
  scope(() => {
    const batch = empty(reference, [1, 4, 4, 3]);
    const pixels = fromArray(reference, [1], new Uint32Array(1));
    const image = { pixels, width: 1, height: 1 };
    for (const wrong of [{ width: 5 }, { height: 5 }, { index: 1 }, { height: 0 }]) {
      const options = { index: 0, width: 4, height: 4, ...PLAIN, ...wrong };
      assert.throws(() => imageInput(batch, image, options), /must fit.*batch is 1×4×4×3/);
    }
    assert.throws(
      () => imageInput(batch, { ...image, width: 2 }, { index: 0, width: 1, height: 1, ...PLAIN }),
      /pixels.*must be 2: it is 1/,
    );
  });
});
