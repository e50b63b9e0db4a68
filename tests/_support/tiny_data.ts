/** A COCO data set of a few small pictures with two kinds of boxes, made in a folder. */
import { join } from "node:path";
import sharp from "sharp";
import { random } from "./random.ts";

/** Where a {@link makeTinyData} set lies, and the overrides that point an experiment at it. */
export interface TinyData {
  readonly folder: string;
  readonly annFile: string;
  readonly sets: readonly string[];
}

/** Pictures of 64×64 pixels: light squares (category 3) and dark wide bars (category 7) on grey noise. */
export async function makeTinyData(folder: string, images = 7): Promise<TinyData> {
  const next = random(5);
  const coco = {
    images: [] as object[],
    categories: [{ id: 7, name: "bar" }, { id: 3, name: "square" }],
    annotations: [] as object[],
  };
  await Deno.mkdir(join(folder, "images"), { recursive: true });
  for (let i = 0; i < images; i++) {
    const pixels = Uint8Array.from({ length: 64 * 64 * 3 }, () => 110 + next.integer(30));
    for (let k = 0; k < 2; k++) {
      const category = (i + k) % 2 === 0 ? 3 : 7;
      const [w, h] = category === 3 ? [16, 16] : [26, 12];
      const x = next.integer(64 - w), y = k * 32 + next.integer(32 - h);
      for (let row = y; row < y + h; row++) {
        pixels.fill(category === 3 ? 230 : 20, (row * 64 + x) * 3, (row * 64 + x + w) * 3);
      }
      const id = coco.annotations.length + 1;
      const bbox = [x, y, w, h];
      coco.annotations.push({
        id,
        image_id: i + 1,
        category_id: category,
        bbox,
        area: w * h,
        iscrowd: 0,
      });
    }
    const file_name = `${i + 1}.png`;
    await sharp(pixels, { raw: { width: 64, height: 64, channels: 3 } }).png()
      .toFile(join(folder, "images", file_name));
    coco.images.push({ id: i + 1, file_name, width: 64, height: 64 });
  }
  const annFile = join(folder, "instances.json");
  await Deno.writeTextFile(annFile, JSON.stringify(coco));
  const spec = JSON.stringify({ tiny: { img_dir: join(folder, "images"), ann_file: annFile } });
  return { folder, annFile, sets: [`DATASETS.TRAIN=${spec}`, `DATASETS.TEST=${spec}`] };
}
