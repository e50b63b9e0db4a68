import assert from "node:assert/strict";
import { join } from "node:path";
import type { Slot } from "../../../core/runtime/device.ts";
import type { Dispatch, Variants } from "../../../core/runtime/kernel.ts";
import { type Bench, Tuner } from "../../../core/runtime/webgpu/tuner.ts";

/** A dispatch that only says which variant it is of. */
function dispatchOf(variant: string): Dispatch[] {
  return [{ shader: { source: variant }, uniforms: {}, grid: [1, 1, 1] }];
}

function variants(shapeClass: string): Variants {
  return {
    shapeClass,
    candidates: {
      plain: () => dispatchOf("plain"),
      tiled: () => dispatchOf("tiled"),
      unrolled: () => dispatchOf("unrolled"),
    },
    first: "plain",
  };
}

/** A device on which `quick` takes no time and all else takes a while, and what was done with it. */
function bench(quick: string) {
  const seen = { runs: new Set<string>(), allocated: [] as number[], live: 0 };
  let pendingMs = 0;
  const device: Bench = {
    allocate(bytes) {
      seen.allocated.push(bytes);
      seen.live++;
      return { bytes };
    },
    release: (_slot: Slot) => void seen.live--,
    run(kernel, { candidates }, { name }) {
      const variant = candidates[name]!()[0]!.shader.source;
      seen.runs.add(`${kernel}: ${variant}`);
      pendingMs += variant === quick ? 1 : 100;
    },
    finish() {
      const until = performance.now() + Math.min(pendingMs, 100);
      while (performance.now() < until);
      pendingMs = 0;
      return Promise.resolve();
    },
  };
  return { device, seen };
}

function chosen(tuner: Tuner, kernel: string, shapeClass: string): string {
  return tuner.pick(kernel, variants(shapeClass), () => ({ x: 400, out: 800 }));
}

async function inFolder(body: (file: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(join(folder, "cache", "choices.json"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a tuner runs the first choice until it has measured, then the fastest", () =>
  inFolder(async (file) => {
    const tuner = new Tuner({ file });
    assert.equal(chosen(tuner, "conv", "3×3"), "plain");
    const { device, seen } = bench("tiled");
    await tuner.measurePending(60, device);
    assert.equal(chosen(tuner, "conv", "3×3"), "tiled");
    assert.equal(chosen(tuner, "conv", "1×1"), "plain");
    assert.equal(chosen(tuner, "matmul", "3×3"), "plain");
    assert.deepEqual([...seen.runs], ["conv: plain", "conv: tiled", "conv: unrolled"]);
    assert.deepEqual(seen.allocated, [400, 800]);
    assert.equal(seen.live, 0);
  }));

Deno.test("a tuner's choices are read again by the next, which measures no more", () =>
  inFolder(async (file) => {
    const first = new Tuner({ file });
    chosen(first, "conv", "3×3");
    await first.measurePending(60, bench("unrolled").device);
    const second = new Tuner({ file });
    assert.equal(chosen(second, "conv", "3×3"), "unrolled");
    const { device, seen } = bench("plain");
    await second.measurePending(60, device);
    assert.equal(seen.runs.size, 0);
  }));

Deno.test("a tuner measures again where there is another variant than when it chose", () =>
  inFolder(async (file) => {
    const first = new Tuner({ file });
    chosen(first, "conv", "3×3");
    await first.measurePending(60, bench("tiled").device);
    const { candidates, ...rest } = variants("3×3");
    const more = { ...rest, candidates: { ...candidates, newest: () => dispatchOf("newest") } };
    const second = new Tuner({ file });
    assert.equal(second.pick("conv", more, () => ({ x: 400, out: 800 })), "plain");
    const { device, seen } = bench("newest");
    await second.measurePending(60, device);
    assert.ok(seen.runs.has("conv: newest"));
  }));

Deno.test("tuners that share a file keep each other's choices", () =>
  inFolder(async (file) => {
    const [one, other] = [new Tuner({ file }), new Tuner({ file })];
    chosen(one, "conv", "a");
    chosen(other, "conv", "b");
    await one.measurePending(60, bench("tiled").device);
    await other.measurePending(60, bench("unrolled").device);
    const third = new Tuner({ file });
    assert.deepEqual([chosen(third, "conv", "a"), chosen(third, "conv", "b")], [
      "tiled",
      "unrolled",
    ]);
  }));

Deno.test("a tuner takes a torn, empty or foreign file for none, and replaces it", () =>
  inFolder(async (file) => {
    await Deno.mkdir(join(file, ".."));
    for (const text of ['{"conv a": "til', "", "null", "[1]", '{"conv a": "gone"}']) {
      await Deno.writeTextFile(file, text);
      assert.equal(chosen(new Tuner({ file }), "conv", "a"), "plain");
    }
    await Deno.writeTextFile(file, '{"conv a": "til');
    const tuner = new Tuner({ file });
    chosen(tuner, "conv", "a");
    await tuner.measurePending(60, bench("tiled").device);
    assert.deepEqual(JSON.parse(await Deno.readTextFile(file)), {
      "conv a: plain tiled unrolled": "tiled",
    });
    const left = [...Deno.readDirSync(join(file, ".."))].map(({ name }) => name);
    assert.deepEqual(left, ["choices.json"]);
  }));

Deno.test("a forced variant wins where it exists, and is not measured", () =>
  inFolder(async (file) => {
    const tuner = new Tuner({ file, force: "unrolled" });
    assert.equal(chosen(tuner, "conv", "a"), "unrolled");
    const { device, seen } = bench("tiled");
    await tuner.measurePending(60, device);
    assert.equal(seen.runs.size, 0);
    const elsewhere = new Tuner({ force: "no such variant" });
    assert.equal(chosen(elsewhere, "conv", "a"), "plain");
  }));

Deno.test("a tuner without a file, or without time, measures nothing", () =>
  inFolder(async (file) => {
    const { device, seen } = bench("tiled");
    for (const [tuner, seconds] of [[new Tuner({}), 60], [new Tuner({ file }), -1]] as const) {
      chosen(tuner, "conv", "a");
      await tuner.measurePending(seconds, device);
      assert.equal(chosen(tuner, "conv", "a"), "plain");
    }
    assert.equal(seen.runs.size, 0);
  }));

Deno.test("a variant may be forced for one kernel and not for others", () => {
  const tuner = new Tuner({ force: "conv=tiled, matmul=unrolled" });
  assert.deepEqual(
    ["conv", "matmul", "pool"].map((kernel) => chosen(tuner, kernel, "a")),
    ["tiled", "unrolled", "plain"],
  );
  const both = new Tuner({ force: "conv=tiled,unrolled" });
  assert.deepEqual(["conv", "pool"].map((kernel) => chosen(both, kernel, "a")), [
    "tiled",
    "unrolled",
  ]);
});

Deno.test("a tuner remembers the variants that it met, the first choice first", () => {
  const tuner = new Tuner({});
  chosen(tuner, "conv", "a");
  chosen(tuner, "conv", "b");
  assert.deepEqual([...tuner.met], [["conv", ["plain", "tiled", "unrolled"]]]);
});

Deno.test("a tuner is not misled by what slows one timing of the best", () =>
  inFolder(async (file) => {
    const tuner = new Tuner({ file });
    chosen(tuner, "conv", "3×3");
    const { device } = bench("tiled");
    let runs = 0;
    const disturbed: Bench = {
      ...device,
      run(kernel, all, { name, slots }) {
        // The second run of the best is its first timing: half as long again as the others take.
        if (name === "tiled" && ++runs === 2) {
          const until = performance.now() + 150;
          while (performance.now() < until);
        }
        device.run(kernel, all, { name, slots });
      },
    };
    await tuner.measurePending(60, disturbed);
    assert.equal(chosen(tuner, "conv", "3×3"), "tiled");
  }));

Deno.test("on a software adapter workgroup tiles are not compiled, and large work is not measured", () =>
  inFolder(async (file) => {
    const plan = (shapeClass: string, more: string[]): Variants => ({
      shapeClass,
      candidates: Object.fromEntries(
        ["plain", "workgroup", "small", ...more].map((name) => [name, () => dispatchOf(name)]),
      ),
      first: "plain",
    });
    for (const isSoftware of [true, false]) {
      const tuner = new Tuner({ file: `${file}${isSoftware}`, isSoftware });
      tuner.pick("conv", plan("a", ["tiled"]), () => ({ x: 400 }));
      tuner.pick("pair", plan("a", []), () => ({ x: 400 }));
      tuner.pick("large", plan("a", ["tiled"]), () => ({ x: 2 ** 25 }));
      const { device, seen } = bench("tiled");
      await tuner.measurePending(60, device);
      const everything = ["conv", "pair", "large"].flatMap((kernel) =>
        ["plain", "workgroup", "small", ...(kernel === "pair" ? [] : ["tiled"])].map((name) =>
          `${kernel}: ${name}`
        )
      );
      assert.deepEqual(
        [...seen.runs],
        isSoftware ? ["conv: plain", "conv: tiled"] : everything,
      );
    }
  }));

Deno.test("a software adapter starts with what compiles quickest, until variants are measured", () =>
  inFolder(async (file) => {
    const plan = (shapeClass: string): Variants => ({
      shapeClass,
      candidates: { fastest: () => dispatchOf("fastest"), register: () => dispatchOf("register") },
      first: "fastest",
    });
    const { device, seen } = bench("fastest");
    const many = (shapeClass: string): Variants => ({
      ...plan(shapeClass),
      candidates: { ...plan("").candidates, small: () => dispatchOf("small") },
    });
    for (const [isSoftware, quick] of [[true, "register"], [false, "fastest"]] as const) {
      const tuner = new Tuner({ file: `${file}${isSoftware}`, isSoftware });
      const pick = (shapeClass: string, bytes: number) =>
        tuner.pick("conv", plan(shapeClass), () => ({ x: bytes }));
      assert.equal(pick("before", 400), "fastest");
      tuner.startQuickly();
      assert.equal(pick("a", 400), quick);
      assert.equal(
        tuner.pick("linear", many("a"), () => ({ x: 400 })),
        isSoftware ? "small" : "fastest",
      );
      assert.equal(pick("large, which is never measured", 2 ** 25), "fastest");
      assert.equal(seen.runs.size, 0);
      await tuner.measurePending(60, device);
      assert.deepEqual([pick("a", 400), pick("later", 400)], ["fastest", "fastest"]);
      seen.runs.clear();
    }
  }));
