import assert from "node:assert/strict";
import { join } from "node:path";
import { makeContext } from "../../../core/cli/context.ts";
import { guarded, runCommandLine } from "../../../core/cli/run_command.ts";
import { DataError, DeviceError, UsageError } from "../../../core/runtime/errors.ts";
import { PROJECT_ROOT } from "../../../core/train/run_folder.ts";

function capture(): {
  out: string[];
  err: string[];
  surroundings: Parameters<typeof makeContext>[0];
} {
  const [out, err]: [string[], string[]] = [[], []];
  return {
    out,
    err,
    surroundings: {
      cwd: PROJECT_ROOT,
      stdout: (text) => out.push(text),
      stderr: (text) => err.push(text),
    },
  };
}

Deno.test("an error of the user's is one sentence and its own exit code", async () => {
  for (
    const [error, code] of [
      [new UsageError("No such key."), 2],
      [new DataError("No such file."), 3],
      [new DeviceError("No adapter."), 4],
    ] as const
  ) {
    const { err, surroundings } = capture();
    const work = () => Promise.reject(error);
    assert.equal(await guarded(work, { debug: false, surroundings }), code);
    assert.deepEqual(err, [`error: ${error.message}`]);
  }
});

Deno.test("any other error is one line, and a stack only with --debug", async () => {
  const work = () => Promise.reject(new TypeError("x is undefined\nmore"));
  const quiet = capture();
  const options = { debug: false, surroundings: quiet.surroundings };
  assert.equal(await guarded(work, options), 1);
  assert.equal(quiet.err.length, 1);
  assert.match(quiet.err[0] ?? "", /^error: TypeError: x is undefined \(.*--debug/);
  assert.doesNotMatch(quiet.err[0] ?? "", /\n|run_command_test/);
  const loud = capture();
  await guarded(work, { debug: true, surroundings: loud.surroundings });
  assert.match(loud.err.join("\n"), /run_command_test\.ts/);
});

Deno.test("a command's own exit code passes through", async () => {
  const { surroundings } = capture();
  assert.equal(await guarded(() => Promise.resolve(4), { debug: false, surroundings }), 4);
  assert.equal(await guarded(() => Promise.resolve(), { debug: false, surroundings }), 0);
});

Deno.test("what is not understood ends with 2 and writes nothing on stdout", async () => {
  for (const line of [["nonsense"], ["data", "check", "no-such-experiment"]]) {
    const { out, err, surroundings } = capture();
    assert.equal(await runCommandLine(line, surroundings), 2, line.join(" "));
    assert.deepEqual(out, []);
    assert.notDeepEqual(err, []);
  }
});

Deno.test("--json keeps stdout for the document", () => {
  const lines = capture();
  const words = makeContext(lines.surroundings, { json: false, commandLine: "" });
  words.print("a line");
  words.json({ a: 1 });
  assert.deepEqual(lines.out, ["a line"]);
  const document = capture();
  const json = makeContext(document.surroundings, { json: true, commandLine: "" });
  json.print("a line");
  json.json({ a: 1 });
  assert.deepEqual(document.out.map((text) => JSON.parse(text)), [{ a: 1 }]);
});

Deno.test("paths that the user typed start where the user stands", () => {
  const { surroundings } = capture();
  const context = makeContext(surroundings, { json: false, commandLine: "" });
  assert.equal(context.path("a/b"), join(PROJECT_ROOT, "a", "b"));
  assert.equal(context.path(join(PROJECT_ROOT, "x")), join(PROJECT_ROOT, "x"));
});
