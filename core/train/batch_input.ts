/** From a batch of decoded images to what the detector takes. */
import { imageInputs, pixelWords } from "../../kernels/mod.ts";
import type { Batch } from "../data/mod.ts";
import type { ImageBatch, Truths } from "../detection/batch.ts";
import { type Device, empty, fromArray } from "../runtime/mod.ts";
import type { Config } from "./config.ts";

/** Room for ground truth is rounded up to this, so that few shapes occur. */
const TRUTH_ROOM = 16;

/** Uploads and preprocesses the images: resize, flip, BGR or RGB, mean, standard deviation, zero padding. */
export function imageBatch(device: Device, batch: Batch, { INPUT }: Config): ImageBatch {
  const { images, paddedWidth, paddedHeight } = batch;
  const tensor = empty(device, [images.length, paddedHeight, paddedWidth, 3]);
  imageInputs(
    tensor,
    images.map((image, index) => {
      const words = pixelWords(image.pixels);
      const pixels = fromArray(device, [words.length], words);
      const source = { pixels, width: image.width, height: image.height };
      const options = {
        index,
        width: image.resizedWidth,
        height: image.resizedHeight,
        resize: INPUT.RESIZE,
        flipHorizontal: image.flipHorizontal,
        flipVertical: image.flipVertical,
        bgr: INPUT.TO_BGR255,
        mean: inBytes(INPUT.PIXEL_MEAN, INPUT),
        std: inBytes(INPUT.PIXEL_STD, INPUT),
      };
      return { source, options };
    }),
  );
  const sizes = images.flatMap(({ resizedWidth, resizedHeight }) => [resizedWidth, resizedHeight]);
  return { images: tensor, sizes: fromArray(device, [images.length, 2], Float32Array.from(sizes)) };
}

/** Uploads the ground truth. */
export function batchTruths(device: Device, { images }: Batch): Truths {
  const most = Math.max(...images.map(({ labels }) => labels.length));
  const room = Math.ceil(Math.max(1, most) / TRUTH_ROOM) * TRUTH_ROOM;
  const boxes = new Float32Array(images.length * room * 4);
  const labels = new Int32Array(images.length * room);
  images.forEach((image, n) => {
    boxes.set(image.boxes, n * room * 4);
    labels.set(image.labels, n * room);
  });
  const counts = Int32Array.from(images, (image) => image.labels.length);
  return {
    boxes: fromArray(device, [images.length, room, 4], boxes),
    labels: fromArray(device, [images.length, room], labels),
    counts: fromArray(device, [images.length], counts),
  };
}

/** Without TO_BGR255 the original's network sees R, G, B from 0 to 1, and mean and deviation are of that. */
function inBytes(
  values: readonly number[],
  { TO_BGR255 }: Pick<Config["INPUT"], "TO_BGR255">,
): [number, number, number] {
  return perChannel(TO_BGR255 ? values : values.map((value) => value * 255));
}

/** @throws RangeError for other than three numbers; the configuration's check lets none through. */
function perChannel(values: readonly number[]): [number, number, number] {
  const [first, second, third] = values;
  if (first === undefined || second === undefined || third === undefined) {
    throw new RangeError(
      `Cannot preprocess as there must be three numbers, one a channel: ${values}`,
    );
  }
  return [first, second, third];
}
