/**
 * The digits data set of the quickstart: scenes of real handwritten digits (MNIST), written once as
 * a COCO set. Equal seeds give equal scenes.
 *
 *     data/digits/digits.json                      what was made: version, seed, counts
 *     data/digits/annotations/instances_train.json, instances_val.json
 *     data/digits/train/00001.jpg …, val/00001.jpg …
 *
 * Training scenes hold MNIST's training digits only, validation scenes its test digits only.
 * @module
 */

import { basename, dirname, join } from "node:path";
import { DataError } from "../runtime/errors.ts";
import { isRecord } from "./coco_json.ts";
import { drawScene, type Scene } from "./digits_scene.ts";
import { encodeGreyJpeg } from "./image.ts";
import { Limiter } from "./limiter.ts";
import { type MnistDigits, readMnist } from "./mnist.ts";
import { RandomStream, STREAM } from "./random.ts";

/** Grows when the same seed gives other scenes, so that old folders are known as such. */
export const DIGITS_VERSION = 2;

/** How many scenes are made, and by which seed. */
export interface DigitsOptions {
  /** 0 by default. */
  readonly seed?: number;
  /** 4000 by default. */
  readonly trainScenes?: number;
  /** 400 by default. */
  readonly valScenes?: number;
  /** Told after every scene: how many are written, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** The file that says what a folder of digits is; written first, whole only with the rename. */
const MANIFEST = "digits.json";
const SPLITS = ["train", "val"] as const;
const JPEG_QUALITY = 92;
/** Scenes in encoding at a time. */
const ENCODERS = 4;
/** A folder left behind by a killed run is not touched by anyone after this long. */
const STALE_MS = 3_600_000;

type Split = typeof SPLITS[number];

interface Manifest {
  readonly format: "digits";
  readonly version: number;
  readonly seed: number;
  readonly train: number;
  readonly val: number;
}

/**
 * True where `outDir` holds a data set that {@link makeDigits} finished, of the present version,
 * with all its files.
 */
export async function digitsAreWhole(outDir: string): Promise<boolean> {
  const manifest = await readManifest(outDir);
  if (!manifest || manifest.version !== DIGITS_VERSION) return false;
  for (const split of SPLITS) {
    if (await countFiles(join(outDir, split)) !== manifest[split]) return false;
    const annotations = await Deno.stat(annotationsOf(outDir, split)).catch(() => null);
    if (!annotations?.isFile) return false;
  }
  return true;
}

/**
 * Makes the data set in `outDir`. It is made beside it and renamed at the end, so `outDir` never
 * holds half of one. A folder of digits that is there already is replaced.
 * @throws DataError where `outDir` holds anything else, which is left as it is.
 */
export async function makeDigits(outDir: string, options: DigitsOptions = {}): Promise<void> {
  await requireReplaceable(outDir);
  await sweepLeftovers(outDir);
  const manifest: Manifest = {
    format: "digits",
    version: DIGITS_VERSION,
    seed: options.seed ?? 0,
    train: options.trainScenes ?? 4000,
    val: options.valScenes ?? 400,
  };
  const making = `${outDir}.making-${Deno.pid}`;
  try {
    // Process ids come round again, in containers often: this may be a killed run's.
    await Deno.remove(making, { recursive: true }).catch(() => {});
    await Deno.mkdir(join(making, "annotations"), { recursive: true });
    await Deno.writeTextFile(join(making, MANIFEST), JSON.stringify(manifest));
    await writeSplits(making, { manifest, onProgress: options.onProgress });
    await moveIntoPlace(making, outDir);
  } finally {
    await Deno.remove(making, { recursive: true }).catch(() => {});
  }
}

async function writeSplits(
  folder: string,
  options: { manifest: Manifest; onProgress: DigitsOptions["onProgress"] },
): Promise<void> {
  const { manifest, onProgress } = options;
  const total = manifest.train + manifest.val;
  let done = 0;
  const onScene = () => onProgress?.(++done, total);
  for (const split of SPLITS) {
    const digits = await readMnist(split === "train" ? "train" : "test");
    await Deno.mkdir(join(folder, split));
    await writeSplit(folder, { split, digits, manifest, onScene });
  }
}

interface SplitOptions {
  split: Split;
  digits: MnistDigits;
  manifest: Manifest;
  onScene: () => void;
}

async function writeSplit(folder: string, options: SplitOptions): Promise<void> {
  const { split, digits, manifest, onScene } = options;
  const scenes: { fileName: string; scene: Scene }[] = [];
  const limiter = new Limiter(ENCODERS);
  const writes: Promise<void>[] = [];
  try {
    for (let index = 0; index < manifest[split]; index++) {
      const keys = [manifest.seed, STREAM.digits, SPLITS.indexOf(split), index];
      const scene = drawScene(digits, new RandomStream(keys));
      const fileName = `${String(index + 1).padStart(5, "0")}.jpg`;
      // The scene's own pixels are not kept: 4,000 of them would be 70 MB for nothing.
      scenes.push({ fileName, scene: { ...scene, pixels: new Uint8Array(0) } });
      const path = join(folder, split, fileName);
      writes.push(limiter.run(() => writeScene(path, scene)).then(onScene));
      // Drawing runs on this thread and encoding beside it; waiting here keeps the two in step.
      if (writes.length >= 2 * ENCODERS) await writes.shift();
    }
    await Promise.all(writes);
  } finally {
    // After a failure nothing may go on writing into a folder that is about to be removed.
    await Promise.allSettled([limiter.close(), ...writes]);
  }
  const text = JSON.stringify(cocoOf(scenes, { split, manifest }));
  await Deno.writeTextFile(annotationsOf(folder, split), text);
}

async function writeScene(path: string, scene: Scene): Promise<void> {
  const { width, height } = scene;
  await Deno.writeFile(
    path,
    await encodeGreyJpeg(scene.pixels, { width, height, quality: JPEG_QUALITY }),
  );
}

/** The scenes in COCO's instances form; category ids are the digit + 1, names the digit. */
function cocoOf(
  scenes: readonly { fileName: string; scene: Scene }[],
  options: { split: Split; manifest: Manifest },
): Record<string, unknown> {
  const { split, manifest } = options;
  const placed = scenes.flatMap(({ scene }, index) =>
    scene.digits.map((digit) => ({ ...digit, imageId: index + 1 }))
  );
  return {
    info: {
      description: `digits, ${split}: MNIST digits on textured paper`,
      version: String(manifest.version),
      seed: manifest.seed,
    },
    images: scenes.map(({ fileName, scene }, index) => ({
      id: index + 1,
      file_name: fileName,
      width: scene.width,
      height: scene.height,
    })),
    annotations: placed.map(({ imageId, digit, bbox, area }, index) => ({
      id: index + 1,
      image_id: imageId,
      category_id: digit + 1,
      bbox,
      area,
      iscrowd: 0,
    })),
    categories: Array.from({ length: 10 }, (_, digit) => ({ id: digit + 1, name: `${digit}` })),
  };
}

function annotationsOf(folder: string, split: Split): string {
  return join(folder, "annotations", `instances_${split}.json`);
}

async function readManifest(folder: string): Promise<Manifest | null> {
  try {
    const held: unknown = JSON.parse(await Deno.readTextFile(join(folder, MANIFEST)));
    if (!isRecord(held) || held.format !== "digits") return null;
    const { version, seed, train, val } = held;
    if (typeof version !== "number" || typeof seed !== "number") return null;
    if (typeof train !== "number" || typeof val !== "number") return null;
    return { format: "digits", version, seed, train, val };
  } catch {
    return null;
  }
}

async function countFiles(folder: string): Promise<number> {
  let count = 0;
  try {
    for await (const entry of Deno.readDir(folder)) if (entry.isFile) count++;
  } catch {
    return 0;
  }
  return count;
}

async function requireReplaceable(outDir: string): Promise<void> {
  const found = await Deno.lstat(outDir).catch(() => null);
  if (!found || await readManifest(outDir)) return;
  const entries = found.isDirectory ? await Array.fromAsync(Deno.readDir(outDir)) : [found];
  if (entries.length === 0) return;
  throw new DataError(
    `Cannot make digits in ${outDir}: something else is there already; move it away or name ` +
      `another folder.`,
  );
}

/** Removes what runs that were killed long ago left beside `outDir`. */
async function sweepLeftovers(outDir: string): Promise<void> {
  const parent = dirname(outDir);
  await Deno.mkdir(parent, { recursive: true });
  for await (const entry of Deno.readDir(parent)) {
    if (!/^\.making-\d+$/.test(entry.name.slice(basename(outDir).length))) continue;
    if (!entry.name.startsWith(basename(outDir))) continue;
    const path = join(parent, entry.name);
    const { mtime } = await Deno.stat(path);
    if (mtime && Date.now() - mtime.getTime() > STALE_MS) {
      await Deno.remove(path, { recursive: true });
    }
  }
}

/** Renames, after removing the digits that were there; another run may have been quicker. */
async function moveIntoPlace(making: string, outDir: string): Promise<void> {
  await Deno.remove(outDir, { recursive: true }).catch(() => {});
  try {
    await Deno.rename(making, outDir);
  } catch (error) {
    if (!(await digitsAreWhole(outDir))) throw error;
  }
}
