/** TEST.EXPECTED_RESULTS and TEST.BBOX_AUG as a user meets them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { setArguments } from "../../_support/command.ts";
import { withTinyRun } from "../../_support/tiny_run.ts";

const SHORT = setArguments(["SOLVER.MAX_ITER=1", "SOLVER.STEPS=[]"]);

/** `--set` of one expectation of AP. */
function expecting(mean: number, std: number): string[] {
  return setArguments([`TEST.EXPECTED_RESULTS=[["bbox","AP",[${mean},${std}]]]`]);
}

Deno.test("test and train end with 1 where a figure is out of its range, after all is written", async () => {
  await withTinyRun(async (run) => {
    const trained = await run.run("train", ...SHORT, ...expecting(2, 0.1));
    assert.equal(trained.code, 1, trained.stderr);
    assert.match(await run.log(), /FAIL: tiny: bbox > AP sanity check/);
    assert.ok((await Deno.stat(run.folder.report)).isFile);
    const passed = await run.run("test", "--json", ...expecting(0.5, 0.5));
    assert.equal(passed.code, 0, passed.stderr);
    assert.match(passed.stderr, /PASS: tiny: bbox > AP sanity check/);
    const [check] = JSON.parse(passed.stdout).expected;
    assert.deepEqual([check.dataset, check.metric, check.ok], ["tiny", "AP", true]);
    const failed = await run.run("test", "--json", ...expecting(2, 0.1));
    assert.equal(failed.code, 1);
    assert.equal(JSON.parse(failed.stdout).expected[0].ok, false);
  }, 3);
});

Deno.test("test with TEST.BBOX_AUG looks at every image in all views", async () => {
  await withTinyRun(async (run) => {
    assert.equal((await run.run("train", ...SHORT)).code, 0);
    const place = join(run.folder.inference, "tiny", "predictions.json");
    const found = async (...sets: string[]): Promise<{ bbox: number[]; image_id: number }[]> => {
      const { code, stderr } = await run.run("test", ...setArguments(sets));
      assert.equal(code, 0, stderr);
      return JSON.parse(await Deno.readTextFile(place));
    };
    // One iteration teaches little: all that is found is to be looked at.
    const loose = "MODEL.ROI_HEADS.SCORE_THRESH=0.01";
    const aug = (keys: object) => `TEST.BBOX_AUG=${JSON.stringify({ ENABLED: true, ...keys })}`;
    const plain = await found(loose);
    assert.ok(plain.length > 10);
    assert.deepEqual(await found(loose, aug({})), plain, "one view is plain testing");
    const more = await found(
      loose,
      aug({ H_FLIP: true, SCALES: [48, 96], MAX_SIZE: 96, SCALE_H_FLIP: true }),
    );
    assert.notDeepEqual(more, plain);
    for (const { bbox: [x = -1, y = -1, w = 0, h = 0], image_id } of more) {
      const inside = x >= -0.01 && y >= -0.01 && x + w <= 64.5 && y + h <= 64.5;
      assert.ok(inside, `image ${image_id}: ${[x, y, w, h]} is outside of its 64 pixels`);
    }
  }, 3);
});
