import assert from "node:assert/strict";
import type { ParsedCommand } from "../../../core/cli/options.ts";
import { parseCommandLine } from "../../../core/cli/parser.ts";

class Exit extends Error {
  constructor(readonly code: number) {
    super(`exit ${code}`);
  }
}

/** What a line means, without the keys that were not given. */
function parse(line: string): ParsedCommand {
  const parsed = parseCommandLine(line === "" ? [] : line.split(" "), {
    exit: (code) => {
      throw new Exit(code);
    },
    stdout: () => {},
    stderr: () => {},
  });
  return JSON.parse(JSON.stringify(parsed));
}

/** Parses what must not be understood (or asks for help). */
function end(line: string): { code: number; out: string; err: string } {
  let [out, err] = ["", ""];
  try {
    parseCommandLine(line === "" ? [] : line.split(" "), {
      exit: (code) => {
        throw new Exit(code);
      },
      stdout: (text) => void (out += text),
      stderr: (text) => void (err += text),
    });
  } catch (error) {
    assert.ok(error instanceof Exit, String(error));
    return { code: error.code, out, err };
  }
  throw new Error(`${line} was understood`);
}

const NOTHING = { sets: [], json: false, debug: false };

Deno.test("train takes the options that hold for all, in any place", () => {
  assert.deepEqual(parse("train --set A=1 q --set B=2 --seed 4 --device cpu --fresh --json"), {
    name: "train",
    options: {
      ...NOTHING,
      experiment: "q",
      sets: ["A=1", "B=2"],
      seed: 4,
      device: "cpu",
      fresh: true,
      live: false,
      profile: false,
      json: true,
    },
  });
  assert.deepEqual(parse("train"), {
    name: "train",
    options: { ...NOTHING, fresh: false, live: false, profile: false },
  });
  assert.deepEqual(parse("train --live --port 8000"), {
    name: "train",
    options: { ...NOTHING, fresh: false, live: true, port: 8000, profile: false },
  });
});

Deno.test("test takes an iteration, weights, predictions and pictures", () => {
  assert.deepEqual(parse("test q -i 2500 -s --weights w.pth --predictions p.json"), {
    name: "test",
    options: {
      ...NOTHING,
      experiment: "q",
      iteration: 2500,
      showRes: true,
      weights: "w.pth",
      predictions: "p.json",
    },
  });
});

Deno.test("ablate takes seeds and variants, all of them unless told otherwise", () => {
  assert.deepEqual(parse("ablate q --seeds 2 --variants both,baseline --set A=1"), {
    name: "ablate",
    options: {
      ...NOTHING,
      experiment: "q",
      sets: ["A=1"],
      seeds: 2,
      variants: ["baseline", "both"],
      fresh: false,
    },
  });
  assert.deepEqual(parse("ablate"), {
    name: "ablate",
    options: { ...NOTHING, seeds: 3, variants: ["baseline", "dla", "dsl", "both"], fresh: false },
  });
});

Deno.test("train takes weights to start from and what to do about damage", () => {
  const parsed = parse("train q --resume=auto --init-from w.pth --fresh");
  assert.ok(parsed.name === "train");
  const { resume, initFrom, fresh } = parsed.options;
  assert.deepEqual([resume, initFrom, fresh], ["auto", "w.pth", true]);
});

Deno.test("detect takes images, export a format", () => {
  assert.deepEqual(parse("detect q a.jpg b -i 3 --score 0.5 --out found"), {
    name: "detect",
    options: {
      ...NOTHING,
      experiment: "q",
      images: ["a.jpg", "b"],
      iteration: 3,
      score: 0.5,
      out: "found",
    },
  });
  const { options } = parse("export q --weights w.pkl --force");
  assert.deepEqual(options, {
    ...NOTHING,
    experiment: "q",
    weights: "w.pkl",
    format: "pth",
    force: true,
  });
});

Deno.test("report takes any number of runs", () => {
  assert.deepEqual(parse("report a b --out x.html --baseline b"), {
    name: "report",
    options: { ...NOTHING, runs: ["a", "b"], out: "x.html", baseline: "b" },
  });
  assert.deepEqual(parse("report").options, { ...NOTHING, runs: [] });
});

Deno.test("data makes a data set or checks an experiment's", () => {
  assert.deepEqual(parse("data digits --out d").options, {
    ...NOTHING,
    action: "make",
    name: "digits",
    out: "d",
  });
  assert.deepEqual(parse("data check bccd --strict").options, {
    ...NOTHING,
    action: "check",
    experiment: "bccd",
    strict: true,
  });
});

Deno.test("inspect samples the first N unless it is told otherwise", () => {
  assert.deepEqual(parse("inspect q --step --iou 0.5 --beta 0.2").options, {
    ...NOTHING,
    experiment: "q",
    step: true,
    profile: false,
    sampling: "first",
    iou: 0.5,
    beta: 0.2,
  });
  const { options } = parse("inspect q --sampling random");
  assert.equal("sampling" in options && options.sampling, "random");
});

Deno.test("doctor takes no experiment", () => {
  assert.deepEqual(parse("doctor --json").options, { ...NOTHING, json: true });
  assert.equal(end("doctor quickstart").code, 2);
});

const NOT_UNDERSTOOD: readonly [string, RegExp][] = [
  ["", /train/],
  ["tran quickstart", /did you mean train\?/],
  ["train --frsh", /--fresh/],
  ["train a b", /"b"/],
  ["test -i x", /integer/],
  ["test -i 0", /1/],
  ["train --device gpu", /webgpu/],
  ["train --seed -1", /seed/],
  ["train --live --port 65536", /port/],
  ["ablate --seeds 0", /seeds/],
  ["ablate --variants dla,all", /baseline,dla,dsl,both/],
  ["inspect --sampling last", /"first" and "random"/],
  ["train --resume never", /"strict" and "auto"/],
  ["detect q", /IMAGE/],
  ["export --format onnx", /"pth-legacy", and "safetensors"/],
  ["inspect --iou 2", /1/],
  ["inspect --beta 0", /beta/],
  ["data", /data/],
  ["data numbers", /"digits"/],
];
for (const [line, expected] of NOT_UNDERSTOOD) {
  Deno.test(`"${line}" ends with 2 and says why on stderr`, () => {
    const { code, out, err } = end(line);
    assert.equal(code, 2);
    assert.match(err, expected);
    assert.equal(out, "");
  });
}

for (
  const name of ["train", "test", "ablate", "report", "data", "data check", "inspect", "doctor"]
) {
  Deno.test(`"${name} --help" shows examples on stdout and ends with 0`, () => {
    const { code, out, err } = end(`${name} --help`);
    assert.equal(code, 0);
    assert.match(out, new RegExp(`Examples:\\s+deno task ${name.split(" ")[0]}`));
    assert.match(out, /--set/);
    assert.equal(err, "");
  });
}

Deno.test("--help lists all commands", () => {
  const { code, out } = end("--help");
  assert.equal(code, 0);
  for (const name of ["train", "test", "ablate", "report", "data", "inspect", "doctor"]) {
    assert.match(out, new RegExp(`^ +${name} `, "m"));
  }
});

Deno.test("profiles are asked for by --profile, and their timeline's file by --trace", () => {
  for (const command of ["train", "inspect"]) {
    const { options } = parse(`${command} q --profile --trace t.json`);
    assert.ok("profile" in options && options.profile);
    assert.equal(options.trace, "t.json");
  }
});
