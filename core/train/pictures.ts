/** Pictures of a test: detections green, ground truth red, drawn over the image. */
import { join } from "node:path";
import { Buffer } from "node:buffer";
import sharp from "sharp";
import { type BadImagePolicy, type CocoDataset, decodeImage } from "../data/mod.ts";
import type { Detection } from "../eval/mod.ts";
import { DataError } from "../runtime/errors.ts";

/** A box to draw, `[x, y, w, h]` in pixels of the original image. */
interface Drawn {
  readonly box: readonly [number, number, number, number];
  readonly colour: string;
  readonly label: string;
  /** Where the label goes: truth has it below the box, so that it and a detection's stay readable. */
  readonly isTruth: boolean;
}

/** How pictures are written. */
export interface PictureOptions {
  /** Made where it is not there. */
  readonly folder: string;
  /** Detections below this score are not drawn. */
  readonly threshold: number;
  /** `skip`: an image that does not decode has no picture; else it is an error. */
  readonly onBadImage: BadImagePolicy;
}

/**
 * Writes one PNG for each image of a set: detections of at least `threshold` in green with class and
 * score, ground truth in red.
 * @returns how many were written
 * @throws DataError for an image that does not decode, unless `onBadImage` is `skip`
 */
export async function writePictures(
  dataset: CocoDataset,
  detections: readonly Detection[],
  { folder, threshold, onBadImage }: PictureOptions,
): Promise<number> {
  await Deno.mkdir(folder, { recursive: true });
  const shown = detections.filter(({ score }) => score >= threshold);
  const found = Map.groupBy(shown, ({ image_id }) => image_id);
  const truth = Map.groupBy(dataset.truth.annotations, ({ image_id }) => image_id);
  let written = 0;
  for (const [index, image] of dataset.images.entries()) {
    const pixels = await decodeImage(dataset.pathOf(index), { expected: image }).catch((error) => {
      if (onBadImage === "skip" && error instanceof DataError) return undefined;
      throw error;
    });
    if (!pixels) continue;
    const boxes = [
      ...(truth.get(image.id) ?? []).map((box) => drawn(box, dataset)),
      ...(found.get(image.id) ?? []).map((box) => drawn(box, dataset)),
    ];
    const overlay = Buffer.from(overlaySvg(image, boxes));
    const raw = { width: image.width, height: image.height, channels: 3 as const };
    await sharp(pixels.pixels, { raw }).composite([{ input: overlay }]).png()
      .toFile(join(folder, pictureName(image.file_name)));
    written++;
  }
  return written;
}

/** A file name below the image folder as one name: images of the same name in two folders stay apart. */
function pictureName(fileName: string): string {
  return `${fileName.replace(/\.\w+$/, "").replace(/[/\\]+/g, "_")}.png`;
}

function drawn(
  { bbox, category_id, score }: Pick<Detection, "bbox" | "category_id"> & { score?: number },
  dataset: CocoDataset,
): Drawn {
  // A results file may name categories that the set has not.
  const known = dataset.categoryIds.includes(category_id);
  const name = known
    ? dataset.classNames[dataset.labelOf(category_id)]!
    : `category ${category_id}`;
  if (score === undefined) return { box: bbox, colour: "#e00000", label: name, isTruth: true };
  const label = `${name} ${score.toFixed(2)}`;
  return { box: bbox, colour: "#00b020", label, isTruth: false };
}

/** An SVG of the boxes with their labels, of the image's size. */
export function overlaySvg(
  { width, height }: { readonly width: number; readonly height: number },
  boxes: readonly Drawn[],
): string {
  const stroke = Math.max(1, Math.round(Math.min(width, height) / 250));
  const font = Math.max(9, stroke * 7);
  const shapes = boxes.map(({ box: [x, y, w, h], colour, label, isTruth }) => {
    const line = isTruth ? Math.min(height - stroke, y + h + font) : Math.max(font, y - stroke);
    return `<rect x="${x}" y="${y}" width="${w}" height="${h}" fill="none" stroke="${colour}" stroke-width="${stroke}"/>` +
      `<text x="${
        x + stroke
      }" y="${line}" font-family="sans-serif" font-size="${font}" fill="${colour}">${
        escapeXml(label)
      }</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${
    shapes.join("")
  }</svg>`;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
