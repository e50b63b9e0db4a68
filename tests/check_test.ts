/** `deno task check`'s reading of the tests' own summary (tests/_support/check.ts). */
import assert from "node:assert/strict";
import { readTestSummary } from "./_support/check.ts";

Deno.test("the check reads the tests' own summary, and nothing less", () => {
  assert.deepEqual(readTestSummary("ok | 3 passed | 0 failed (1s)\n", 0), {
    passed: 3,
    failed: 0,
    ignored: 0,
  });
  const coloured = "\x1b[0m\x1b[31mFAILED\x1b[0m | 12 passed (3 steps) | 1 failed | 2 ignored\n";
  assert.deepEqual(readTestSummary(coloured, 1), { passed: 12, failed: 1, ignored: 2 });
  assert.equal(readTestSummary("ok | 3 passed | 0 failed\n", 1).failed, 1);
  assert.equal(readTestSummary("killed\n", 0).failed, 1);
});

Deno.test("a test process that ends otherwise than it should has failed, whatever it had passed", () => {
  const ok = "ok | 3 passed (2 steps) | 0 failed | 1 ignored (1s)\n";
  for (const code of [1, 134, 137, 139]) {
    assert.deepEqual(readTestSummary(ok, code), { passed: 3, failed: 1, ignored: 1 });
  }
  assert.ok(readTestSummary("running 3 tests\na ... ok\n", 134).failed > 0);
});
