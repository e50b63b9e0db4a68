import assert from "node:assert/strict";
import { readOptions } from "../../bench/options.ts";
import { UsageError } from "../../core/runtime/errors.ts";

Deno.test("without arguments all suites run beside all peers", () => {
  const options = readOptions([]);
  assert.ok(options !== "help");
  assert.deepEqual(options.suites, ["layers", "ops", "steps", "startup"]);
  assert.equal(options.peers.length, 5);
  assert.equal(options.rounds, 5);
});

Deno.test("suites, peers and numbers are read", () => {
  const options = readOptions(
    "ops layers ops --peers torch_cpu,tfjs_wasm --limit 3 --rounds 7 --device cpu --variant a=b --only 800"
      .split(" "),
  );
  assert.ok(options !== "help");
  assert.deepEqual(options.suites, ["ops", "layers"]);
  assert.deepEqual(options.peers, ["torch_cpu", "tfjs_wasm"]);
  assert.deepEqual([options.limit, options.rounds, options.device], [3, 7, "cpu"]);
  assert.deepEqual([options.variant, options.only], ["a=b", "800"]);
  assert.equal(readOptions(["--help"]), "help");
  const none = readOptions(["--peers", "none"]);
  assert.ok(none !== "help" && none.peers.length === 0);
});

Deno.test("what is not understood is named", () => {
  const wrong: [string, RegExp][] = [
    ["layer", /no suite "layer"; there are layers, ops/],
    ["--peers torch", /no peer "torch"; there are tfjs_webgpu/],
    ["--device gpu", /--device is webgpu or cpu/],
    ["--limit 0", /--limit is a whole number from 1, not "0"/],
    ["--rounds x", /--rounds is a whole number/],
    ["--quick --write", /--quick measures nothing/],
    ["--fast", /--fast.*--help/],
  ];
  for (const [line, message] of wrong) {
    assert.throws(
      () => readOptions(line.split(" ")),
      (error) => error instanceof UsageError && message.test(error.message),
      line,
    );
  }
});
