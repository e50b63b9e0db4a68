/** What a user gets wrong: one sentence, the right exit code, and nothing overwritten. */
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  type CommandResult,
  resultOf,
  runHere,
  setArguments,
  startCommand,
  TINY,
} from "../../_support/command.ts";
import { contentOf, type TinyRun, withTinyRun } from "../../_support/tiny_run.ts";

/** Looks that a command ended with `code`, one sentence that matches on stderr and nothing on stdout. */
function assertRefused(result: CommandResult, code: number, sentence: RegExp): void {
  assert.equal(result.code, code, result.stderr);
  assert.match(result.stderr, sentence);
  assert.doesNotMatch(result.stderr, /\n {4}at |this should not happen/);
  assert.equal(result.stdout, "");
}

Deno.test("a command line that is not understood ends with 2 and the nearest name", async () => {
  const cases: [string[], RegExp][] = [
    [["train", "quikstart"], /^error: No experiment quikstart \(did you mean quickstart\?\)/],
    [["inspect", "r50_fpn_x1"], /did you mean r50_fpn_1x\?/],
    [["train"], /^error: Which experiment\? There are: .*quickstart/],
    [["report", "no-such-run"], /^error: No experiment no-such-run/],
    [["train", TINY, "--frsh"], /--frsh[^]*Did you mean `--fresh`/],
    [["trian", TINY], /no command trian \(did you mean train\?\)/],
    [["test", TINY, "-i", "x"], /^Usage: [^]*Expected a valid integer, but got "x"/],
    [["test", TINY, "-i", "0"], /greater than or equal to 1, but got "0"/],
    [["inspect", TINY, "--iou", "1.5"], /less than or equal to 1, but got/],
    [["doctor", "--device", "gpu"], /webgpu.*cpu/],
  ];
  for (const [args, sentence] of cases) assertRefused(await runHere(args), 2, sentence);
});

Deno.test("a wrong configuration ends with 2 and the dotted path, before any device is opened", async () => {
  const cases: [string, RegExp][] = [
    ["SOLVER.BASE_LRR=1", /SOLVER\.BASE_LRR: unknown key \(did you mean SOLVER\.BASE_LR\?\)/],
    ["SOLVER.BASE_LR=NaN", /SOLVER\.BASE_LR: expected a number above 0, received "NaN"/],
    ["SOLVER.BASE_LR=fast", /SOLVER\.BASE_LR: expected a number above 0, received "fast"/],
    ["SOLVER.STEPS=[20,10]", /SOLVER\.STEPS: expected .* ascending order, received \[20,10\]/],
    ["DATASETS.TRAIN={}", /DATASETS\.TRAIN: expected one data set, received 0/],
    ["SEED=-1", /SEED: expected a whole number from 0/],
  ];
  for (const [set, sentence] of cases) {
    for (const command of ["train", "inspect"]) {
      const step = command === "inspect" ? ["--step"] : [];
      const result = await runHere([command, TINY, ...step, "--set", set]);
      assertRefused(result, 2, sentence);
      assert.doesNotMatch(result.stderr, /Using /);
    }
  }
});

/** What is wrong with a run's data or folder, how it ends, and what it says. */
const DATA_FAULTS: readonly {
  readonly name: string;
  readonly code: number;
  readonly sentence: RegExp;
  readonly sets?: readonly string[];
  readonly spoil?: (run: TinyRun) => Promise<void>;
}[] = [
  {
    name: "a missing image folder",
    code: 3,
    sentence: /the image folder \S+images does not exist/,
    spoil: (run) => Deno.remove(join(run.data.folder, "images"), { recursive: true }),
  },
  {
    name: "a missing annotation file",
    code: 3,
    sentence: /Cannot read annotations \S+instances\.json: there is no such file/,
    spoil: (run) => Deno.remove(run.data.annFile),
  },
  {
    name: "a JSON file that was cut off",
    code: 3,
    sentence: /Cannot read annotations .*: the file ends .*, at byte 120 of 120/,
    spoil: (run) => Deno.truncate(run.data.annFile, 120),
  },
  {
    name: "JSON that is not COCO",
    code: 3,
    sentence: /not COCO instances form, as the key "categories" is missing/,
    spoil: (run) => run.edit((coco) => Reflect.deleteProperty(coco, "categories")),
  },
  {
    name: "a set where nothing can be learned",
    code: 3,
    sentence: /all boxes in \S+ are crowds or lie outside/,
    spoil: (run) =>
      run.edit(({ annotations }) => {
        for (const [i, annotation] of annotations.entries()) {
          if (i % 2 === 0) annotation.iscrowd = 1;
          else annotation.bbox = [70, 70, 5, 5];
        }
      }),
  },
  {
    name: "another number of classes",
    code: 2,
    sentence: /has 1 categories; use --set MODEL\.ROI_BOX_HEAD\.NUM_CLASSES=2 /,
    spoil: (run) => run.edit(({ categories }) => categories.splice(0, 1)),
  },
  {
    name: "weights that are not there",
    code: 3,
    sentence: /There is no file \/no-such\.safetensors/,
    sets: ["MODEL.WEIGHT=/no-such.safetensors"],
  },
  {
    name: "weights of another kind",
    code: 3,
    sentence: /config\.ts is no file of weights that can be read/,
    sets: [`MODEL.WEIGHT=${join(TINY, "config.ts")}`],
  },
];

Deno.test("a start that fails writes and removes nothing, not even with --fresh", async (t) => {
  await withTinyRun(async (run) => {
    const trained = await run.run(
      "train",
      "--set",
      "SOLVER.MAX_ITER=2",
      "--set",
      "SOLVER.STEPS=[]",
    );
    assert.equal(trained.code, 0, trained.stderr);
    const before = await contentOf(run.folder.root);
    const originals = new Map<string, Uint8Array>();
    for (const name of Object.keys(await contentOf(run.data.folder))) {
      originals.set(name, await Deno.readFile(join(run.data.folder, name)));
    }
    for (const { name, code, sentence, sets = [], spoil } of DATA_FAULTS) {
      await t.step(name, async () => {
        await spoil?.(run);
        assertRefused(await run.run("train", "--fresh", ...setArguments(sets)), code, sentence);
        assert.deepEqual(await contentOf(run.folder.root), before);
        await Deno.mkdir(join(run.data.folder, "images"), { recursive: true });
        for (const [file, bytes] of originals) {
          await Deno.writeFile(join(run.data.folder, file), bytes);
        }
      });
    }
  });
});

Deno.test("a run of another model is named by tensor, and nothing of it is overwritten", async () => {
  await withTinyRun(async (run) => {
    const sets = ["--set", "SOLVER.MAX_ITER=2", "--set", "SOLVER.STEPS=[]"];
    assert.equal((await run.run("train", ...sets)).code, 0);
    const before = await contentOf(run.folder.root);
    const other = ["--set", "MODEL.ROI_BOX_HEAD.MLP_HEAD_DIM=16"];
    const sentence = /model_0000002\.safetensors holds fc6\.weight as 32×784 .* 16×784/;
    assertRefused(await run.run("train", ...sets, ...other), 2, sentence);
    const longer = [...sets, "--set", "SOLVER.MAX_ITER=3"];
    assertRefused(await run.run("train", ...longer, ...other), 2, sentence);
    assertRefused(await run.run("test", ...sets, ...other), 2, sentence);
    assertRefused(
      await run.run("test", ...sets, "-i", "1"),
      2,
      /no checkpoint of iteration 1 .*: 2/,
    );
    assert.deepEqual(await contentOf(run.folder.root), before);
  });
});

Deno.test("--fresh removes a run's own files and no others", async () => {
  await withTinyRun(async (run) => {
    const sets = ["--set", "SOLVER.MAX_ITER=2", "--set", "SOLVER.STEPS=[]"];
    assert.equal((await run.run("train", ...sets)).code, 0);
    const { root, checkpoints, inference } = run.folder;
    const own = [
      join(root, "notes.md"),
      join(checkpoints, "best.safetensors"),
      join(inference, "tiny", "by_hand.json"),
    ];
    for (const path of own) await Deno.writeTextFile(path, "mine");
    const killed = join(checkpoints, "model_0000009.safetensors.tmp-1");
    await Deno.writeTextFile(killed, "");
    const shorter = ["--set", "SOLVER.MAX_ITER=1", "--set", "SOLVER.STEPS=[]"];
    assert.equal((await run.run("train", "--fresh", ...shorter)).code, 0);
    for (const path of own) assert.equal(await Deno.readTextFile(path), "mine");
    const left = Object.keys(await contentOf(root)).filter((name) =>
      name.startsWith("checkpoints")
    );
    assert.deepEqual(left.sort(), [
      join("checkpoints", "best.safetensors"),
      join("checkpoints", "last_checkpoint"),
      join("checkpoints", "model_0000001.safetensors"),
    ]);
    assert.equal((await run.metrics()).length, 1);
  });
});

Deno.test("a folder whose config.json no run wrote is not written into", async () => {
  await withTinyRun(async (run) => {
    await Deno.mkdir(run.folder.root);
    await Deno.writeTextFile(run.folder.config, '{"name": "mine"}');
    for (const fresh of [[], ["--fresh"]]) {
      const result = await run.run("train", ...fresh);
      assertRefused(result, 2, /OUTPUT_DIR: \S+ holds a config\.json that no run wrote/);
    }
    assert.equal(await Deno.readTextFile(run.folder.config), '{"name": "mine"}');
  });
});

Deno.test("a link to a checkpoint that is gone stops a run instead of starting it over", async () => {
  await withTinyRun(async (run) => {
    await Deno.mkdir(run.folder.checkpoints, { recursive: true });
    await Deno.symlink("model_0000004.safetensors", run.folder.lastCheckpoint);
    const sentence = /last_checkpoint leads to model_0000004\.safetensors, which is not there/;
    assertRefused(await run.run("train"), 3, sentence);
    assertRefused(await run.run("test"), 3, sentence);
  });
});

Deno.test("without an adapter --device webgpu ends with 4 and one sentence", async () => {
  await withTinyRun(async (run) => {
    // Without the backend's name, OpenGL would step in for Vulkan.
    const env = { VK_DRIVER_FILES: "/no", VK_ICD_FILENAMES: "/no" };
    const args = run.arguments("train").map((arg) => arg === "cpu" ? "webgpu" : arg);
    const result = await resultOf(startCommand([...args, "--fresh"], env));
    assertRefused(result, 4, /^error: There is no WebGPU adapter; [^\n]+ or use --device cpu\.\n$/);
    await assert.rejects(Deno.stat(run.folder.root), Deno.errors.NotFound);
  });
});

Deno.test("a fault of ours shows its stack with --debug only", async () => {
  await withTinyRun(async (run) => {
    // A folder where a file is to be written.
    await Deno.mkdir(run.folder.metrics, { recursive: true });
    const quiet = await run.run("train");
    assert.equal(quiet.code, 1);
    assert.match(quiet.stderr, /\nerror: [^\n]+--debug to see where\)$/);
    assert.doesNotMatch(quiet.stderr, /\n {4}at /);
    const loud = await run.run("train", "--debug");
    assert.equal(loud.code, 1);
    assert.match(loud.stderr, /\n {4}at .*train_command\.ts/);
  });
});
