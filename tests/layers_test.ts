/**
 * Imports point one way (docs/architecture.md). What a file imports is read from its text, so a
 * broken rule names the file and the import.
 */
import assert from "node:assert/strict";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");

/** From left to right: a folder imports itself and what stands left of it. */
const CHAIN = [
  "core/runtime",
  "kernels",
  "core/nn",
  "core/detection",
  "core/train",
  "core/cli",
  "experiments",
  "bench",
];

/** Folders beside the chain, and the only files outside of themselves that they may import. */
const ASIDE: Readonly<Record<string, readonly string[]>> = {
  "core/data": ["core/runtime/shape.ts", "core/runtime/errors.ts", "core/runtime/json_offset.ts"],
  "core/eval": ["core/runtime/errors.ts", "core/runtime/json_offset.ts"],
  "reports": [
    "core/train/metrics.ts",
    "core/eval/mod.ts",
    "core/eval/types.ts",
    "core/runtime/errors.ts",
  ],
};

/** Why `file` may not import `target`; undefined where it may. Paths from the project's folder. */
function violation(file: string, target: string): string | undefined {
  const [from, to] = [layerOf(file), layerOf(target)];
  if (from === undefined || to === from) return undefined;
  if (target.startsWith("tests/") || target.startsWith("bench/")) {
    return `${file} imports ${target}: nothing imports tests or bench`;
  }
  if (to === undefined) return undefined;
  const allowed = ASIDE[from];
  if (allowed !== undefined) {
    if (allowed.includes(target)) return undefined;
    return `${file} imports ${target}: ${from} imports only ${allowed.join(", ")}`;
  }
  if (to in ASIDE) {
    return CHAIN.indexOf(from) >= CHAIN.indexOf("core/train")
      ? undefined
      : `${file} imports ${target}: only core/train and what stands right of it may`;
  }
  return CHAIN.indexOf(to) < CHAIN.indexOf(from)
    ? undefined
    : `${file} imports ${target}: ${to} stands right of ${from}`;
}

function layerOf(path: string): string | undefined {
  return [...CHAIN, ...Object.keys(ASIDE)].find((layer) => path.startsWith(`${layer}/`));
}

/**
 * What `source` imports and re-exports, static and dynamic with a literal path: paths from the
 * project's folder, and packages' names.
 */
function importsOf(file: string, source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const statements = code.matchAll(
    /^\s*(?:import|export)\s+[^"'`;]*?from\s*["']([^"']+)["']/gm,
  );
  const bare = code.matchAll(/^\s*import\s+["']([^"']+)["']/gm);
  const dynamic = code.matchAll(/\bimport\(\s*["']([^"']+)["']/g);
  return [...statements, ...bare, ...dynamic].map(([, specifier = ""]) =>
    specifier.startsWith(".") ? join(dirname(file), specifier).split(sep).join("/") : specifier
  );
}

async function* sources(folder: string): AsyncGenerator<string> {
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) yield* sources(path);
    else if (entry.name.endsWith(".ts")) yield path;
  }
}

Deno.test("imports point one way", async () => {
  const broken: string[] = [];
  let files = 0;
  let imports = 0;
  for (const top of ["core", "kernels", "experiments", "reports", "bench"]) {
    for await (const path of sources(join(ROOT, top))) {
      const file = relative(ROOT, path).split(sep).join("/");
      for (const found of importsOf(file, await Deno.readTextFile(path))) {
        imports++;
        const reason = violation(file, found);
        if (reason !== undefined) broken.push(reason);
      }
      files++;
    }
  }
  assert.ok(files > 20 && imports > files, `read ${files} files with ${imports} imports`);
  assert.deepEqual(broken, []);
});

Deno.test("the import rule refuses what it should", () => {
  const refused: [string, string][] = [
    ["core/runtime/tensor.ts", "kernels/mod.ts"],
    ["kernels/relu/mod.ts", "core/nn/conv2d.ts"],
    ["core/nn/sgd.ts", "core/train/config.ts"],
    ["core/detection/rpn.ts", "core/data/mod.ts"],
    ["core/train/trainer.ts", "core/cli/logging.ts"],
    ["core/cli/main.ts", "experiments/quickstart/config.ts"],
    ["core/data/loader.ts", "core/runtime/tensor.ts"],
    ["core/eval/match.ts", "core/data/mod.ts"],
    ["core/eval/match.ts", "core/runtime/shape.ts"],
    ["reports/mod.ts", "core/train/config.ts"],
    ["core/train/trainer.ts", "tests/_support/check.ts"],
    ["experiments/quickstart/config.ts", "bench/run.ts"],
  ];
  for (const [file, target] of refused) {
    assert.notEqual(violation(file, target), undefined, `${file} → ${target}`);
  }
  assert.notEqual(
    violation("reports/mod.ts", "core/eval/match.ts"),
    undefined,
  );
});

Deno.test("the import rule allows what it should", () => {
  const allowed: [string, string][] = [
    ["kernels/relu/mod.ts", "core/runtime/mod.ts"],
    ["kernels/relu/mod.ts", "kernels/_shared/bilinear.wgsl"],
    ["core/train/trainer.ts", "core/data/mod.ts"],
    ["core/cli/data_command.ts", "core/data/check.ts"],
    ["core/cli/report_command.ts", "reports/mod.ts"],
    ["experiments/quickstart/config.ts", "core/cli/launch.ts"],
    ["core/data/loader.ts", "core/runtime/errors.ts"],
    ["core/nn/sgd.ts", "valibot"],
    ["bench/layers.ts", "experiments/quickstart/config.ts"],
  ];
  for (const [file, target] of allowed) {
    assert.equal(violation(file, target), undefined, `${file} → ${target}`);
  }
  assert.equal(
    violation("reports/mod.ts", "core/eval/mod.ts"),
    undefined,
  );
});

/** The folders of `kernels/conv2d`, each importing only those before it; last the operator itself. */
const CONV2D = [
  "extents",
  "host",
  "host/winograd",
  "gather",
  "weight",
  "straight",
  "narrow",
  "winograd",
  "",
];

Deno.test("the folders of conv2d import one way", async () => {
  const root = "kernels/conv2d";
  const broken: string[] = [];
  const met = new Set<string>();
  for await (const path of sources(join(ROOT, root))) {
    const file = relative(ROOT, path).split(sep).join("/");
    const from = relative(root, dirname(file)).split(sep).join("/");
    met.add(from);
    for (const target of importsOf(file, await Deno.readTextFile(path))) {
      const to = relative(root, dirname(target)).split(sep).join("/");
      if (!target.startsWith(`${root}/`) || to === from) continue;
      if (CONV2D.indexOf(to) >= CONV2D.indexOf(from)) broken.push(`${file} imports ${target}`);
    }
  }
  assert.deepEqual([...met].sort(), CONV2D.toSorted(), "a folder has no place in the order");
  assert.deepEqual(broken, []);
});

Deno.test("imports are found in every form, and not in comments", () => {
  const source = `
    import { a,
      b } from "../runtime/a.ts";
    import type { T } from "./t.ts";
    import "./side.ts";
    export * from "../../kernels/mod.ts";
    // import { c } from "./comment.ts";
    /* import { d } from "./block.ts"; */
    const late = await import("./late.ts");
    import * as v from "valibot";
  `;
  assert.deepEqual(importsOf("core/nn/x.ts", source), [
    "core/runtime/a.ts",
    "core/nn/t.ts",
    "kernels/mod.ts",
    "valibot",
    "core/nn/side.ts",
    "core/nn/late.ts",
  ]);
});
