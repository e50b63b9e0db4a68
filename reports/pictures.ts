/**
 * Test pictures with boxes: the image as a JPEG in the page, the boxes as SVG over it, so that
 * they stay sharp and can be switched per run.
 * @module
 */

import { isAbsolute, join } from "node:path";
import sharp from "sharp";
import type { Detection } from "../core/eval/types.ts";
import {
  type Annotations,
  type ImageEntry,
  type ObjectEntry,
  toAnnotations,
} from "./annotations.ts";
import { escapeHtml } from "./escape.ts";
import type { ColoredRun } from "./figures.ts";
import { at, numberOf, textOf } from "./json.ts";
import { readJson } from "./run.ts";

/** The original's TEST.VIS_THRESH, where a configuration has none. */
const DEFAULT_THRESHOLD = 0.3;

/** Width in CSS pixels at which a picture is shown, by which label sizes are chosen. */
const SHOWN_WIDTH = 360;

/** Stored wider than shown, for screens of twice the density. */
const STORED_WIDTH = 560;

/** How pictures are made. */
export interface PictureOptions {
  /** The folder from which relative paths in configurations start. */
  readonly root: string;
  /** At most this many pictures of a data set. */
  readonly count: number;
  /** Takes a sentence for each picture or file that is left out. */
  readonly problems: string[];
}

/** The pictures of one data set. */
export interface Pictures {
  /** One `<figure>` each. */
  readonly html: readonly string[];
  /** How many images the data set has. */
  readonly total: number;
  /** Detections are drawn from this score on. */
  readonly threshold: number;
}

interface RunDetections {
  readonly run: ColoredRun;
  readonly byImage: ReadonlyMap<number, readonly Detection[]>;
}

/** The pictures of `dataset`; undefined where no run has predictions or its files are missing. */
export async function makePictures(
  runs: readonly ColoredRun[],
  dataset: string,
  options: PictureOptions,
): Promise<Pictures | undefined> {
  const found = runs.flatMap((run) => detectionsOf(run, dataset));
  const [first] = found;
  if (!first) return undefined;
  const imageFolder = textOf(at(first.run.config, "DATASETS", "TEST", dataset, "img_dir"));
  const truthFile = textOf(at(first.run.config, "DATASETS", "TEST", dataset, "ann_file"));
  if (imageFolder === undefined || truthFile === undefined) {
    options.problems.push(
      `No pictures of ${dataset}: the configuration has no DATASETS.TEST.${dataset}.`,
    );
    return undefined;
  }
  const json = await readJson(fromRoot(options.root, truthFile), options.problems);
  if (json === undefined) return undefined;
  const truth = toAnnotations(json);
  const threshold = numberOf(at(first.run.config, "TEST", "VIS_THRESH")) ?? DEFAULT_THRESHOLD;
  const html: string[] = [];
  for (const image of choose(truth, found, options.count)) {
    const file = join(fromRoot(options.root, imageFolder), image.fileName);
    const picture = await readPicture(file, image, options.problems);
    if (picture) html.push(pictureHtml(picture, { truth, found, threshold }));
  }
  return { html, total: truth.images.length, threshold };
}

function detectionsOf(run: ColoredRun, dataset: string): RunDetections[] {
  const predictions = run.inference.find((i) => i.dataset === dataset)?.predictions;
  if (!predictions) return [];
  return [{ run, byImage: Map.groupBy(predictions, (d) => d.image_id) }];
}

/** Evenly spaced by image id among those with anything to show: no choice of the best or worst. */
function choose(
  truth: Annotations,
  found: readonly RunDetections[],
  count: number,
): readonly ImageEntry[] {
  const shown = truth.images.filter(({ id }) =>
    truth.objects.has(id) || found.some((f) => f.byImage.has(id))
  );
  const stride = Math.max(1, shown.length / count);
  return Array.from(
    { length: Math.min(count, shown.length) },
    (_, i) => shown[Math.floor(i * stride)],
  )
    .filter((image) => image !== undefined);
}

interface Picture {
  readonly image: ImageEntry;
  readonly dataUri: string;
  /** The image's own size in pixels, that of its boxes. */
  readonly width: number;
  readonly height: number;
}

async function readPicture(
  file: string,
  image: ImageEntry,
  problems: string[],
): Promise<Picture | undefined> {
  try {
    const source = sharp(file);
    const metadata = await source.metadata();
    const jpeg = await source.resize({ width: STORED_WIDTH, withoutEnlargement: true })
      .flatten().toColourspace("srgb").jpeg({ quality: 80 }).toBuffer();
    return {
      image,
      dataUri: `data:image/jpeg;base64,${jpeg.toString("base64")}`,
      width: image.width ?? metadata.width,
      height: image.height ?? metadata.height,
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    problems.push(`The picture ${file} is left out: ${reason}.`);
    return undefined;
  }
}

interface PictureContext {
  readonly truth: Annotations;
  readonly found: readonly RunDetections[];
  readonly threshold: number;
}

function pictureHtml(picture: Picture, { truth, found, threshold }: PictureContext): string {
  const { image, dataUri, width, height } = picture;
  const objects = truth.objects.get(image.id) ?? [];
  const perRun = found.map(({ run, byImage }, i) => {
    const strong = (byImage.get(image.id) ?? []).filter((d) => d.score > threshold)
      .sort((a, b) => a.score - b.score); // the surest on top
    const drawn = strong.map((d) => detectionSvg(d, picture, truth.categories)).join("");
    const shown = i === 0 ? " shown" : "";
    return {
      svg: `<g class="of-run${shown}" data-run="${escapeHtml(run.label)}">${drawn}</g>`,
      text: `<span class="of-run${shown}" data-run="${escapeHtml(run.label)}">` +
        `${strong.length} found</span>`,
    };
  });
  const name = escapeHtml(image.fileName);
  return `<figure class="picture"><svg viewBox="0 0 ${width} ${height}" role="img" ` +
    `aria-label="${name} with boxes">` +
    `<image href="${dataUri}" width="${width}" height="${height}" preserveAspectRatio="none"/>` +
    `<g class="truth">${objects.map(objectSvg).join("")}</g>` +
    `${perRun.map((r) => r.svg).join("")}</svg>` +
    `<figcaption><span class="file">${name}</span> <span>${objects.length} objects, ` +
    `${perRun.map((r) => r.text).join("")}</span></figcaption></figure>`;
}

function objectSvg({ bbox: [x, y, w, h], crowd }: ObjectEntry): string {
  return `<rect class="${crowd ? "object crowd" : "object"}" x="${short(x)}" y="${short(y)}" ` +
    `width="${short(w)}" height="${short(h)}"/>`;
}

function detectionSvg(
  { bbox: [x, y, w, h], category_id, score }: Detection,
  picture: Picture,
  categories: ReadonlyMap<number, string>,
): string {
  const unit = picture.width / SHOWN_WIDTH; // picture pixels in a CSS pixel
  const label = `${categories.get(category_id) ?? category_id} ${score.toFixed(2)}`;
  const textY = y > 11 * unit ? y - 3 * unit : y + 10 * unit;
  // About 6 CSS pixels a letter: a label that would leave the picture is set from its right end.
  const leaves = x + 6 * unit * label.length > picture.width;
  const textX = leaves ? Math.min(x + w, picture.width) : x;
  return `<rect class="found" x="${short(x)}" y="${short(y)}" width="${short(w)}" ` +
    `height="${short(h)}"/><text x="${short(textX)}" y="${short(textY)}" ` +
    `${leaves ? 'text-anchor="end" ' : ""}font-size="${short(10 * unit)}" ` +
    `stroke-width="${short(2.4 * unit)}">${escapeHtml(label)}</text>`;
}

function short(value: number): string {
  return String(Number(value.toFixed(1)));
}

function fromRoot(root: string, path: string): string {
  return isAbsolute(path) ? path : join(root, path);
}
