/**
 * Image files to pixels, strictly: a file that does not decode whole is an error and never becomes
 * grey filling. Files are only ever read.
 * @module
 */

import sharp from "sharp";
import { DataError } from "../runtime/errors.ts";
import type { Size } from "./geometry.ts";

/** A decoded image: `pixels` are u8 RGB, row by row, `[height, width, 3]`. */
export interface DecodedImage extends Size {
  readonly pixels: Uint8Array;
}

/** What the annotations promise of an image. */
export interface DecodeOptions {
  /** Width and height that the annotation file states; anything else is an error. */
  expected?: Size;
}

// The caller decides how many images decode at once; threads inside one would only fight them,
// and files are decoded from memory, so there is nothing for libvips to cache.
sharp.concurrency(1);
sharp.cache(false);

/**
 * Decodes the image file at `path`: JPEG, PNG, WebP and what else libvips reads. Grey becomes three
 * channels, alpha is dropped, 16 bits become 8, CMYK becomes sRGB. EXIF orientation is not applied,
 * since COCO boxes (and Pillow, which the original reads with) are in the stored orientation.
 * @throws DataError naming the file where it is missing, empty, no image, damaged (warnings of the
 * decoder count), or not of the expected size.
 */
export async function decodeImage(
  path: string,
  options: DecodeOptions = {},
): Promise<DecodedImage> {
  const image = await decodeBytes(await readBytes(path), path);
  const { expected } = options;
  if (expected && (expected.width !== image.width || expected.height !== image.height)) {
    throw new DataError(
      `Cannot use image ${path}: the file has ${image.width}×${image.height} pixels, ` +
        `the annotations say ${expected.width}×${expected.height}; correct one of the two.`,
    );
  }
  return image;
}

async function readBytes(path: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new DataError(`Cannot read image ${path}: there is no such file.`);
    }
    throw new DataError(`Cannot read image ${path}: ${firstLine(error)}.`);
  }
  if (bytes.length === 0) throw new DataError(`Cannot decode image ${path}: the file is empty.`);
  return bytes;
}

async function decodeBytes(bytes: Uint8Array, path: string): Promise<DecodedImage> {
  try {
    const { data, info } = await sharp(bytes, { failOn: "warning" })
      .removeAlpha()
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return { width, height, pixels: channels === 1 ? greyToRgb(pixels) : pixels };
  } catch (error) {
    throw new DataError(
      `Cannot decode image ${path}: ${
        decoderReason(error)
      }; replace the file or leave the image out.`,
    );
  }
}

/** `[n]` grey values as `[n, 3]`. */
function greyToRgb(grey: Uint8Array): Uint8Array {
  const rgb = new Uint8Array(grey.length * 3);
  for (let i = 0; i < grey.length; i++) rgb.fill(grey[i] ?? 0, i * 3, i * 3 + 3);
  return rgb;
}

/** What the decoder says; libvips may lose its words where several images fail at once. */
function decoderReason(error: unknown): string {
  const reason = firstLine(error);
  return reason.includes("failOn") ? "the file is damaged or cut off" : reason;
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split("\n")[0] ?? "").replace(/[.\s]+$/, "");
}

/**
 * Grey values (`[height, width]`, u8) as the bytes of a JPEG file of one channel. The same values
 * give the same bytes.
 */
export async function encodeGreyJpeg(
  grey: Uint8Array,
  options: Size & { quality: number },
): Promise<Uint8Array> {
  const { width, height, quality } = options;
  return await sharp(grey, { raw: { width, height, channels: 1 } })
    .toColourspace("b-w")
    .jpeg({ quality })
    .toBuffer();
}
