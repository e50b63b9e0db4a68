/** Images that belong to no data set: files and folders as a user names them. @module */
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { DataError } from "../runtime/errors.ts";
import { CocoDataset, type LoadOptions } from "./coco_dataset.ts";
import { cleanCoco, type CocoCategory, type CocoImage } from "./coco_entries.ts";
import { FaultList } from "./coco_faults.ts";
import { readCocoJson } from "./coco_json.ts";
import { decodeImage } from "./image.ts";

/** What in a folder is taken for an image; a file that is named itself may be called as it likes. */
const IMAGE_NAME = /\.(jpe?g|png|webp|tiff?|gif|bmp|avif)$/i;

/** A file that does not decode. */
export interface BadFile {
  readonly path: string;
  readonly reason: string;
}

/**
 * The image files that `paths` (absolute; files or folders) name: a file as it is, of a folder what is
 * called like an image, in order of name, the folders in it left out.
 * @throws DataError for a path that is not there, or a folder without images.
 */
export async function imageFiles(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(paths.map(filesAt));
  return [...new Set(found.flat())];
}

async function filesAt(path: string): Promise<string[]> {
  const stat = await Deno.stat(path).catch(() => undefined);
  if (stat === undefined) throw new DataError(`There is no image or folder ${path}.`);
  if (!stat.isDirectory) return [path];
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    if (!isDirectory && IMAGE_NAME.test(name)) files.push(join(path, name));
  }
  if (files.length === 0) throw new DataError(`There are no images in the folder ${path}.`);
  return files.sort();
}

/**
 * A data set of image files without truth: ids from 1 in the given order, `file_name`s below the
 * folder that holds them all. Each is decoded once, to learn its size and whether it decodes.
 * @returns the set, and the files that do not decode, which are not in it
 */
export async function datasetOfFiles(
  files: readonly string[],
  { categories, annFile, ...options }: Omit<LoadOptions, "training" | "strict"> & {
    readonly categories: readonly CocoCategory[];
    /** Where the categories are from, for messages. */
    readonly annFile: string;
  },
): Promise<{ dataset: CocoDataset; bad: BadFile[] }> {
  const folder = commonFolder(files);
  const images: CocoImage[] = [];
  const bad: BadFile[] = [];
  for (const path of files) {
    try {
      const { width, height } = await decodeImage(path);
      const file_name = relative(folder, path).split(sep).join("/");
      images.push({ id: images.length + 1, file_name, width, height });
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      bad.push({ path, reason: error.message });
    }
  }
  const spec = { name: basename(folder) || "images", imgDir: folder, annFile };
  const truth = { images, annotations: [], categories };
  const faults = new FaultList();
  return { dataset: new CocoDataset(spec, { truth, faults, training: false, ...options }), bad };
}

/** The categories of an annotation file. @throws DataError where it is missing or not COCO's. */
export async function readCategories(annFile: string): Promise<readonly CocoCategory[]> {
  return cleanCoco(await readCocoJson(annFile)).truth.categories;
}

function commonFolder(files: readonly string[]): string {
  let folder = dirname(resolve(files[0] ?? sep));
  while (!files.every((file) => !relative(folder, file).startsWith(".."))) folder = dirname(folder);
  return folder;
}
