import assert from "node:assert/strict";
import { parseDetections, readDetections } from "../../../core/eval/mod.ts";
import { DataError } from "../../../core/runtime/errors.ts";

const GOOD = { image_id: 4, category_id: 18, bbox: [1.5, 2, 3, 4], score: 0.25 };

function messageOf(text: string): string {
  try {
    parseDetections(text, "p.json");
  } catch (error) {
    assert.ok(error instanceof DataError, String(error));
    return error.message;
  }
  return assert.fail(`no error for ${text}`);
}

Deno.test("parseDetections() reads COCO results form and drops other fields", () => {
  const text = JSON.stringify([{ ...GOOD, segmentation: [] }]);
  assert.deepEqual(parseDetections(text, "p.json"), [GOOD]);
  assert.deepEqual(parseDetections(" [ ]\n", "p.json"), []);
});

Deno.test("parseDetections() names index and field of a wrong row", () => {
  const second = (change: object) => messageOf(JSON.stringify([GOOD, { ...GOOD, ...change }]));
  assert.match(second({ score: "0.5" }), /p\.json: detection 1 .* score, and has "0.5"/);
  assert.match(second({ image_id: "4" }), /detection 1 .* image_id, and has "4"/);
  assert.match(second({ category_id: 1.5 }), /detection 1 .* category_id, and has 1.5/);
  assert.match(second({ bbox: [1, 2, 3] }), /detection 1 .* bbox, and has \[1,2,3\]/);
  assert.match(second({ bbox: [1, 2, 3, null] }), /detection 1 .* bbox/);
  assert.match(second({ bbox: undefined }), /detection 1 .* bbox, and has none/);
  assert.match(messageOf("[7]"), /detection 0 must be an object, and is 7/);
  assert.match(messageOf('{"annotations":[]}'), /COCO results form is a list/);
});

Deno.test("parseDetections() gives the byte, not the character, where JSON breaks", () => {
  assert.match(messageOf('[{"é": 1, oops}]'), /p\.json.*at byte 11;/);
  assert.match(messageOf('[{"image_id": 4,'), /ends where .* at byte 16;/);
});

Deno.test("readDetections() names a file that is not there", async () => {
  await assert.rejects(
    readDetections("no_such_folder/p.json"),
    (error) => error instanceof DataError && error.message.includes("no_such_folder/p.json"),
  );
});
