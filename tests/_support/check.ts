/**
 * `deno task check`: format, lint, types, then the tests. Every stage runs even where an earlier
 * one fails; each of the first three counts as one more test. The last line is
 * `N passed, M failed`, and the exit code is 1 unless M is 0.
 * @module
 */

/** What a stage found. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly ignored: number;
}

const STAGES: readonly { readonly name: string; readonly args: readonly string[] }[] = [
  { name: "format", args: ["fmt", "--check"] },
  { name: "lint", args: ["lint"] },
  { name: "types", args: ["check", "--quiet", "."] },
];

/**
 * Reads the last summary line of `deno test`, for example
 * `FAILED | 12 passed (3 steps) | 1 failed | 2 ignored (1s)`.
 * Output without one, or a failing exit code beside no failed test, is one failure: what did not
 * finish did not pass.
 */
export function readTestSummary(output: string, exitCode: number): Tally {
  const summary = summaryLine(output);
  if (summary === undefined) return { passed: 0, failed: 1, ignored: 0 };
  const failed = countOf(summary, "failed");
  return {
    passed: countOf(summary, "passed"),
    failed: exitCode === 0 ? failed : Math.max(failed, 1),
    ignored: countOf(summary, "ignored"),
  };
}

function summaryLine(output: string): string | undefined {
  // deno-lint-ignore no-control-regex
  const plain = output.replace(/\x1b\[[0-9;]*m/g, "");
  return plain.split("\n").findLast((line) => /^(ok|FAILED) \| \d+ passed/.test(line));
}

function countOf(summary: string, what: string): number {
  return Number(summary.match(new RegExp(`\\| (\\d+) ${what}\\b`))?.[1] ?? 0);
}

async function runStage({ name, args }: typeof STAGES[number]): Promise<Tally> {
  console.log(`\n== ${name}`);
  const { success } = await new Deno.Command("deno", { args: [...args] }).spawn().status;
  return { passed: success ? 1 : 0, failed: success ? 0 : 1, ignored: 0 };
}

/** Runs the tests; what they print is shown as it comes and kept for the summary. */
async function runTests(args: readonly string[]): Promise<Tally> {
  console.log("\n== tests");
  const child = new Deno.Command("deno", {
    args: ["task", "--quiet", "unit", ...args],
    stdout: "piped",
  }).spawn();
  const decoder = new TextDecoder();
  let output = "";
  for await (const chunk of child.stdout) {
    output += decoder.decode(chunk, { stream: true });
    for (let written = 0; written < chunk.length;) {
      written += Deno.stdout.writeSync(chunk.subarray(written));
    }
  }
  const { code } = await child.status;
  return readTestSummary(output, code);
}

async function main(): Promise<void> {
  const tallies: Tally[] = [];
  for (const stage of STAGES) tallies.push(await runStage(stage));
  tallies.push(await runTests(Deno.args));
  const sum = (key: keyof Tally) => tallies.reduce((total, tally) => total + tally[key], 0);
  if (sum("ignored") > 0) console.log(`\n${sum("ignored")} skipped; their names say why.`);
  console.log(`${sum("passed")} passed, ${sum("failed")} failed`);
  Deno.exit(sum("failed") === 0 ? 0 : 1);
}

if (import.meta.main) await main();
