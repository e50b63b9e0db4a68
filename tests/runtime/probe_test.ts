import assert from "node:assert/strict";
import {
  BLAS_CANDIDATES,
  LIMITS_THAT_MATTER,
  probeAdapters,
  probeBlas,
  probeVulkan,
  requestAdapter,
} from "../../core/runtime/probe.ts";

const adapters = await probeAdapters();
const blas = probeBlas();
const vulkan = probeVulkan();

Deno.test("probeBlas() reports nothing where no candidate exists", () => {
  const none = { library: null, path: null, version: null, threads: null };
  assert.deepEqual(probeBlas([]), none);
  assert.deepEqual(probeBlas(["libno_such_blas.so.0"]), none);
});

Deno.test({
  name:
    "probeBlas() passes over a library without cblas_sgemm (skipped off Linux: it tries libc.so.6)",
  ignore: Deno.build.os !== "linux",
  fn() {
    assert.equal(probeBlas(["libc.so.6"]).library, null);
  },
});

Deno.test({
  name: "probeBlas() names the file that was loaded (skipped where there is no BLAS)",
  ignore: blas.library === null,
  fn() {
    assert.ok(BLAS_CANDIDATES.includes(blas.library ?? ""));
    // macOS keeps its system libraries in one cache: the path is a name there, not a file.
    assert.ok(Deno.build.os === "darwin" ? blas.path : Deno.statSync(blas.path ?? "").isFile);
    assert.ok(blas.threads === null || blas.threads >= 1);
  },
});

Deno.test({
  name:
    "probeAdapters() lists distinct adapters with WebGPU's guaranteed limits (skipped without any)",
  ignore: adapters.length === 0,
  fn() {
    assert.equal(new Set(adapters.map((adapter) => adapter.name)).size, adapters.length);
    for (const adapter of adapters) {
      assert.notEqual(adapter.name, "");
      assert.ok(LIMITS_THAT_MATTER.every((limit) => adapter.limits[limit] > 0));
      assert.ok(adapter.limits.maxStorageBufferBindingSize >= 2 ** 27);
    }
  },
});

Deno.test({
  name: "probeVulkan() tells each device's driver (skipped without a Vulkan device)",
  ignore: vulkan.devices.length === 0,
  fn() {
    for (const device of vulkan.devices) {
      assert.match(device.name, /^[\x20-\x7e]+$/);
      assert.match(device.driver, /^[\x20-\x7e]+$/);
    }
  },
});

Deno.test({
  name: "asking for adapters loads no OpenGL, which could abort the process at its end",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await requestAdapter("low-power");
    if (Deno.env.get("DENO_WEBGPU_BACKEND") !== "vulkan") return; // The user asked for another.
    assert.ok(isLoaded("libc.so.6") && !isLoaded("libEGL.so.1"));
  },
});

Deno.test({
  name: "asking for adapters sets the threads of Mesa's software adapter, but not over the user's",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const name = "LP_NUM_THREADS", before = Deno.env.get(name);
    try {
      Deno.env.delete(name);
      await requestAdapter("low-power");
      assert.equal(Deno.env.get(name), `${2 * navigator.hardwareConcurrency}`);
      Deno.env.set(name, "3");
      await requestAdapter("low-power");
      assert.equal(Deno.env.get(name), "3");
    } finally {
      if (before === undefined) Deno.env.delete(name);
      else Deno.env.set(name, before);
    }
  },
});

/** True where the process holds the library, by dlopen() with RTLD_LAZY and RTLD_NOLOAD. */
function isLoaded(library: string): boolean {
  const { symbols } = Deno.dlopen("libc.so.6", {
    dlopen: { parameters: ["buffer", "i32"], result: "pointer" },
  });
  return symbols.dlopen(new TextEncoder().encode(`${library}\0`), 1 | 4) !== null;
}
