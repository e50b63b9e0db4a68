/** The tiny experiment on its own data, in a folder that is gone afterwards: for tests of commands. */
import { join } from "node:path";
import { type IterationMetrics, parseMetrics } from "../../core/train/metrics.ts";
import { type RunFolder, runFolderAt } from "../../core/train/run_folder.ts";
import { type CommandResult, runHere, setArguments, TINY } from "./command.ts";
import { makeTinyData, type TinyData } from "./tiny_data.ts";

/** A COCO file's content, to be changed. */
export interface Coco {
  images: { id: number; file_name: string; width: number; height: number }[];
  categories: { id: number; name: string }[];
  annotations: {
    id: number;
    image_id: number;
    category_id: number;
    bbox: (number | null)[];
    area: number;
    iscrowd: number;
  }[];
}

/** Data, and the folder of a run on them. */
export class TinyRun {
  readonly data: TinyData;
  readonly folder: RunFolder;

  constructor(data: TinyData, root: string) {
    this.data = data;
    this.folder = runFolderAt(root);
  }

  /** The arguments of `command` on the CPU device with the run's data and folder, then `more`. */
  arguments(command: string, more: readonly string[] = []): string[] {
    const sets = setArguments([...this.data.sets, `OUTPUT_DIR=${this.folder.root}`]);
    return [command, TINY, "--device", "cpu", ...sets, ...more];
  }

  /** Runs `command` in this process. */
  async run(command: string, ...more: string[]): Promise<CommandResult> {
    return await runHere(this.arguments(command, more));
  }

  async metrics(): Promise<IterationMetrics[]> {
    return parseMetrics(await Deno.readTextFile(this.folder.metrics));
  }

  /** What was logged. */
  async log(): Promise<string> {
    return await Deno.readTextFile(this.folder.log);
  }

  /** Path of the picture of image `id`. */
  image(id: number): string {
    return join(this.data.folder, "images", `${id}.png`);
  }

  /** Rewrites the annotation file. */
  async edit(change: (coco: Coco) => void): Promise<void> {
    const coco: Coco = JSON.parse(await Deno.readTextFile(this.data.annFile));
    change(coco);
    await Deno.writeTextFile(this.data.annFile, JSON.stringify(coco));
  }
}

/** Makes data of so many images, and removes everything after `body`. */
export async function withTinyRun(
  body: (run: TinyRun) => Promise<void>,
  images?: number,
): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    const data = await makeTinyData(join(folder, "data"), images);
    await body(new TinyRun(data, join(folder, "run")));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Every file below `folder` with its content, links as what they lead to; to compare before and after. */
export async function contentOf(folder: string): Promise<Record<string, string>> {
  const content: Record<string, string> = {};
  for await (const { name, isDirectory, isSymlink } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isSymlink) content[name] = `→ ${await Deno.readLink(path)}`;
    else if (!isDirectory) content[name] = await digest(path);
    else {
      for (const [inner, value] of Object.entries(await contentOf(path))) {
        content[join(name, inner)] = value;
      }
    }
  }
  return content;
}

async function digest(path: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
  return new Uint8Array(hash).toHex();
}
