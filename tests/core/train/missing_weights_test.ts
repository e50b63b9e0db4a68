import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { DataError } from "../../../core/runtime/errors.ts";
import { requireWeightFile } from "../../../core/train/missing_weights.ts";
import { runHere, TINY } from "../../_support/command.ts";

async function refusal(path: string): Promise<string> {
  try {
    await requireWeightFile(path);
  } catch (error) {
    assert.ok(error instanceof DataError, `${error}`);
    return error.message;
  }
  throw new Error(`${path} was not refused`);
}

Deno.test("requireWeightFile() says where Detectron's files come from, and how to do without any", async () => {
  const message = await refusal("/nowhere/R-101.pkl");
  assert.match(message, /^There is no \/nowhere\/R-101\.pkl, which MODEL\.WEIGHT names: put /);
  assert.match(message, /ImageNet R-101 there .*MODEL_ZOO\.md of facebookresearch\/Detectron/);
  assert.match(message, /--set MODEL\.WEIGHT=\.$/);
  assert.doesNotMatch(await refusal("/nowhere/mine.pth"), /Detectron/);
  await requireWeightFile(fileURLToPath(import.meta.url));
});

Deno.test("inspect shows an experiment whose weights are not there", async () => {
  const weights = "MODEL.WEIGHT=/nowhere/R-50.pkl";
  const { code, stdout, stderr } = await runHere([
    ...["inspect", TINY, "--json", "--set", weights],
  ]);
  assert.equal(code, 0, stderr);
  assert.ok(JSON.parse(stdout).layers.length > 20);
});
