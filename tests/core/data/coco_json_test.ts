import assert from "node:assert/strict";
import { readCocoJson } from "../../../core/data/coco_json.ts";
import { withFolder, writeAnnotations } from "./_support/temp_set.ts";

Deno.test("readCocoJson() refuses a file above its limit, naming size and limit", async () => {
  await withFolder(async (folder) => {
    const document = { images: [], annotations: [], categories: [], info: "x".repeat(3_000_000) };
    const { annFile } = await writeAnnotations(folder, document);
    await assert.rejects(
      readCocoJson(annFile, { maxBytes: 2_000_000 }),
      /4 MB and the limit is 2 MB/,
    );
    assert.deepEqual((await readCocoJson(annFile)).images, []);
  });
});
