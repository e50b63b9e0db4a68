/** Pictures of a test: detections green, ground truth red, drawn over the image. */
import { basename, join } from "node:path";
import { Buffer } from "node:buffer";
import sharp from "sharp";
import type { CocoDataset } from "../data/mod.ts";
import type { Detection } from "../eval/mod.ts";

/** A box to draw, `[x, y, w, h]` in pixels of the original image. */
interface Drawn {
  readonly box: readonly [number, number, number, number];
  readonly colour: string;
  readonly label: string;
}

/**
 * Writes one PNG for each image of a set into `folder`: detections of at least `threshold` in green with
 * class and score, ground truth in red.
 * @returns how many were written
 */
export async function writePictures(
  dataset: CocoDataset,
  detections: readonly Detection[],
  { folder, threshold }: { folder: string; threshold: number },
): Promise<number> {
  await Deno.mkdir(folder, { recursive: true });
  const found = Map.groupBy(detections, ({ image_id }) => image_id);
  const truth = Map.groupBy(dataset.truth.annotations, ({ image_id }) => image_id);
  for (let index = 0; index < dataset.images.length; index++) {
    const image = dataset.imageAt(index);
    const boxes: Drawn[] = [
      ...(truth.get(image.id) ?? []).map(({ bbox, category_id }) => ({
        box: bbox,
        colour: "#e00000",
        label: dataset.classNames[dataset.labelOf(category_id)]!,
      })),
      ...(found.get(image.id) ?? []).filter(({ score }) => score >= threshold).map(
        ({ bbox, category_id, score }) => ({
          box: bbox,
          colour: "#00b020",
          label: `${dataset.classNames[dataset.labelOf(category_id)]} ${score.toFixed(2)}`,
        }),
      ),
    ];
    const name = `${basename(image.file_name).replace(/\.\w+$/, "")}.png`;
    const overlay = overlaySvg(image, boxes);
    await sharp(dataset.pathOf(index)).composite([{ input: Buffer.from(overlay) }]).png()
      .toFile(join(folder, name));
  }
  return dataset.images.length;
}

/** An SVG of the boxes with their labels, of the image's size. */
export function overlaySvg(
  { width, height }: { readonly width: number; readonly height: number },
  boxes: readonly Drawn[],
): string {
  const stroke = Math.max(1, Math.round(Math.min(width, height) / 250));
  const font = Math.max(9, stroke * 7);
  const shapes = boxes.map(({ box: [x, y, w, h], colour, label }) =>
    `<rect x="${x}" y="${y}" width="${w}" height="${h}" fill="none" stroke="${colour}" stroke-width="${stroke}"/>` +
    `<text x="${x + stroke}" y="${
      Math.max(font, y - stroke)
    }" font-family="sans-serif" font-size="${font}" fill="${colour}">${escapeXml(label)}</text>`
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${
    shapes.join("")
  }</svg>`;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
