/**
 * Test pictures as JPEGs in the page, small enough that the page can be sent to a colleague, with
 * the boxes as data: they are drawn by the page, stay sharp and can be asked for their scores.
 * @module
 */

import { join } from "node:path";
import sharp from "sharp";
import type { Detection } from "../../core/eval/mod.ts";
import type { TruthAnnotation } from "../../core/eval/types.ts";
import type { DatasetAnalysis } from "../analysis.ts";
import type { Picture, PictureBox } from "../types.ts";
import type { ImageEntry } from "./annotations.ts";
import { bestIou, rankByDisagreement, type Ranked } from "./choose.ts";

/** Widths in pixels that are tried until a picture fits its share. */
const WIDTHS = [560, 400, 280, 200];

const QUALITY = 78;

/** How many pictures, and how large all of them may be. */
export interface PictureBudget {
  readonly count: number;
  /** Bytes in the page. */
  readonly bytes: number;
  /** Takes a sentence where pictures are left out. */
  readonly problems: string[];
}

/** The pictures of a data set on which its runs disagree most, the most disputed first. */
export async function makePictures(
  analysis: DatasetAnalysis,
  { count, bytes, problems }: PictureBudget,
): Promise<Picture[]> {
  const objects = Map.groupBy(analysis.truth.annotations, (a) => a.image_id);
  const pictures: Picture[] = [];
  const lost: string[] = [];
  for (const { image, disagreement } of rankByDisagreement(analysis, count)) {
    const file = join(analysis.imageFolder, image.fileName);
    try {
      const { dataUri, width, height } = await encode(file, bytes / count);
      const boxes = boxesOf(image, { analysis, truth: objects.get(image.id) ?? [] });
      const size = { width: image.width ?? width, height: image.height ?? height };
      pictures.push({ ...identity(analysis, { image, disagreement }), ...size, dataUri, ...boxes });
    } catch (error) {
      lost.push(`${file} (${error instanceof Error ? error.message : String(error)})`);
    }
  }
  if (lost.length > 0) {
    problems.push(`Pictures of ${analysis.dataset} left out: ${lost.join("; ")}.`);
  }
  return pictures;
}

function identity({ dataset }: DatasetAnalysis, { image, disagreement }: Ranked) {
  return {
    dataset,
    file: image.fileName,
    image: image.id,
    disagreement: Number(disagreement.toFixed(3)),
  };
}

/** The widest JPEG of at most `bytes` as base64, with the picture's own size. */
async function encode(
  file: string,
  bytes: number,
): Promise<{ dataUri: string; width: number; height: number }> {
  const { width, height } = await sharp(file).metadata();
  for (const limit of WIDTHS) {
    const jpeg = await sharp(file).resize({ width: limit, withoutEnlargement: true })
      .flatten().toColourspace("srgb").jpeg({ quality: QUALITY }).toBuffer();
    const dataUri = `data:image/jpeg;base64,${jpeg.toString("base64")}`;
    if (dataUri.length <= bytes) return { dataUri, width, height };
  }
  throw new Error(`it takes more than its share of ${Math.round(bytes)} bytes`);
}

function boxesOf(
  image: ImageEntry,
  { analysis, truth }: { analysis: DatasetAnalysis; truth: readonly TruthAnnotation[] },
): Pick<Picture, "classes" | "truth" | "found"> {
  const names = new Map(analysis.truth.categories.map((c) => [c.id, c.name]));
  const classes: string[] = [];
  const classOf = (id: number): number => {
    const name = names.get(id) ?? String(id);
    if (!classes.includes(name)) classes.push(name);
    return classes.indexOf(name);
  };
  const toTruth = ({ bbox, category_id, iscrowd }: TruthAnnotation): PictureBox => ({
    box: shortBox(bbox),
    class: classOf(category_id),
    ...(iscrowd ? { crowd: true } : {}),
  });
  const toFound = (d: Detection): PictureBox => ({
    box: shortBox(d.bbox),
    class: classOf(d.category_id),
    score: Number(d.score.toFixed(3)),
    iou: Number(bestIou(d, truth).toFixed(3)),
  });
  return {
    truth: truth.map(toTruth),
    found: analysis.runs.map(({ run, sure }) => ({
      run: run.index,
      // The surest last, on top of the others.
      boxes: (sure.get(image.id) ?? []).toSorted((a, b) => a.score - b.score).map(toFound),
    })),
    classes,
  };
}

function shortBox([x, y, w, h]: readonly [number, number, number, number]): PictureBox["box"] {
  const short = (value: number) => Number(value.toFixed(1));
  return [short(x), short(y), short(w), short(h)];
}
