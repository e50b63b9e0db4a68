/** Small COCO sets in temporary folders. @module */

import { join } from "node:path";
import sharp from "sharp";
import type { DatasetSpec } from "../../../../core/data/mod.ts";

/** Runs `body` with a new folder and removes it afterwards. */
export async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** `document` as `instances.json` beside an image folder in `folder`. */
export async function writeAnnotations(folder: string, document: unknown): Promise<DatasetSpec> {
  const spec = { name: "tiny", imgDir: join(folder, "img"), annFile: join(folder, "ann.json") };
  await Deno.mkdir(spec.imgDir, { recursive: true });
  const text = typeof document === "string" ? document : JSON.stringify(document);
  await Deno.writeTextFile(spec.annFile, text);
  return spec;
}

/** An image of `width`×`height` whose pixels follow from their position, as RGB bytes. */
export function pattern(width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7 + (i >> 5) * 13) % 256);
}

/** Writes {@link pattern} as a JPEG or PNG, by the name's ending. */
export async function writeImage(
  path: string,
  size: { width: number; height: number },
): Promise<void> {
  const { width, height } = size;
  await sharp(pattern(width, height), { raw: { width, height, channels: 3 } }).toFile(path);
}

/** A set of `count` images, each with one box, whose ids are 1 … count. Every third is tall. */
export async function writeTinySet(folder: string, count: number): Promise<DatasetSpec> {
  const images = Array.from({ length: count }, (_, i) => {
    const size = i % 3 === 2 ? { width: 20, height: 30 } : { width: 32, height: 24 };
    return { id: i + 1, file_name: `${i + 1}.png`, ...size };
  });
  const annotations = images.map(({ id }) => ({
    id,
    image_id: id,
    category_id: 7,
    bbox: [2, 3, 10, 12],
    area: 120,
    iscrowd: 0,
  }));
  const categories = [{ id: 7, name: "thing" }];
  const spec = await writeAnnotations(folder, { images, annotations, categories });
  for (const image of images) await writeImage(join(spec.imgDir, image.file_name), image);
  return spec;
}
