import assert from "node:assert/strict";
import { evaluateBoxes } from "../../../core/eval/mod.ts";
import { UsageError } from "../../../core/runtime/errors.ts";
import { applyOverrides, type Config, defaults } from "../../../core/train/config.ts";
import { checkExpectedResults, describeCheck } from "../../../core/train/expected_results.ts";

/** One of two objects is found, exactly: AP 0.505 by 101 recalls (51 of them at precision 1), AR100 0.5. */
const result = evaluateBoxes({
  images: [{ id: 1 }],
  categories: [{ id: 1, name: "a" }],
  annotations: [0, 40].map((x, i) => (
    { id: i + 1, image_id: 1, category_id: 1, bbox: [x, 0, 20, 20] as const, area: 400 }
  )),
}, [{ image_id: 1, category_id: 1, bbox: [0, 0, 20, 20], score: 0.9 }]);

/** TEST with expectations as they are given on the command line. */
function testKeys(expectations: unknown, tolerance = 4): Config["TEST"] {
  return applyOverrides(defaults, [
    `TEST.EXPECTED_RESULTS=${JSON.stringify(expectations)}`,
    `TEST.EXPECTED_RESULTS_SIGMA_TOL=${tolerance}`,
  ]).TEST;
}

Deno.test("checkExpectedResults() allows mean ± tolerance · std, its ends excluded", () => {
  assert.equal(result.AR100, 0.5);
  const verdicts = (tolerance: number) =>
    checkExpectedResults(
      "mine",
      result,
      testKeys([
        ["bbox", "AR100", [0.75, 0.125]],
        ["bbox", "AR100", [0.25, 0.125]],
        ["bbox", "AR100", [0.625, 0.125]],
      ], tolerance),
    ).map(({ ok }) => ok);
  assert.deepEqual(verdicts(2), [false, false, true]);
  assert.deepEqual(verdicts(2.001), [true, true, true]);
  assert.deepEqual(verdicts(1), [false, false, false]);
});

Deno.test("checkExpectedResults() knows figures by the original's names, and those that are undefined", () => {
  const checks = checkExpectedResults(
    "mine",
    result,
    testKeys([
      ["bbox", "AP", [0.505, 0.001]],
      ["bbox", "AR@1", [0.5, 0.01]],
      ["bbox", "AP90", [0.505, 0.001]],
      ["bbox", "APl", [0.5, 0.1]],
    ]),
  );
  assert.deepEqual(checks.map(({ ok }) => ok), [true, true, true, false]);
  assert.equal(checks[3]!.actual, -1, "there is no large object");
  assert.deepEqual(checkExpectedResults("mine", result, defaults.TEST), []);
});

Deno.test("describeCheck() tells in one line what was expected and what came", () => {
  const [pass, fail] = checkExpectedResults(
    "mine",
    result,
    testKeys([["bbox", "AR100", [0.5, 0.01]], ["bbox", "AR100", [0.4, 0.01]]]),
  );
  assert.equal(
    describeCheck(pass!),
    "PASS: mine: bbox > AR100 sanity check (actual vs. expected): 0.5000 vs. mean=0.5000, std=0.01, range=(0.4600, 0.5400)",
  );
  assert.match(describeCheck(fail!), /^FAIL: mine: bbox > AR100 .* 0\.5000 vs\. mean=0\.4000/);
});

const REFUSED = [
  ["another task", [["segm", "AP", [0.3, 0.1]]], /EXPECTED_RESULTS\.0\.0: expected one of "bbox"/],
  ["an unknown figure", [["bbox", "mAP", [0.3, 0.1]]], /EXPECTED_RESULTS\.0\.1: .*AP50/],
  ["no deviation", [["bbox", "AP", [0.3, 0]]], /EXPECTED_RESULTS\.0\.2\.1: .* above 0/],
  ["a flat entry", [["bbox", "AP", 0.3, 0.1]], /EXPECTED_RESULTS\.0\.2: expected \[mean, std\]/],
  ["a half entry", [["bbox", "AP"]], /EXPECTED_RESULTS\.0\.2: is missing/],
] as const;
for (const [what, expectations, expected] of REFUSED) {
  Deno.test(`TEST.EXPECTED_RESULTS refuses ${what}`, () => {
    assert.throws(() => testKeys(expectations), (error: unknown) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, expected);
      return true;
    });
  });
}
