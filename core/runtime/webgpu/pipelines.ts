/** Compute pipelines, one per WGSL text, entry point and constants, made at first use. */
import type { Shader } from "../kernel.ts";
import { type Faults, firstLine } from "./faults.ts";
import { parseInterface, UNIFORM_BYTES, type WgslInterface } from "./wgsl_interface.ts";

/** A compiled shader and what binds to it. */
export interface Pipeline {
  readonly id: number;
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly wgsl: WgslInterface;
}

/** Compiles shaders and remembers them. */
export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #faults: Faults;
  /** The quick way, by the object's identity; objects made anew on each launch find theirs by content. */
  readonly #byShader = new WeakMap<Shader, Pipeline>();
  readonly #byContent = new Map<string, Pipeline>();
  readonly #modules = new Map<string, GPUShaderModule>();
  #compiled = 0;

  constructor(device: GPUDevice, faults: Faults) {
    this.#device = device;
    this.#faults = faults;
  }

  /** Number of pipelines compiled. */
  get size(): number {
    return this.#compiled;
  }

  /** The pipeline of `shader`. A compile error surfaces with kernel name, line and column at the next check. */
  get(shader: Shader, kernel: string): Pipeline {
    const known = this.#byShader.get(shader);
    if (known) return known;
    const content = JSON.stringify([shader.entry, shader.constants, shader.source]);
    const pipeline = this.#byContent.get(content) ?? this.#compile(shader, kernel);
    this.#byContent.set(content, pipeline);
    this.#byShader.set(shader, pipeline);
    return pipeline;
  }

  #compile(shader: Shader, kernel: string): Pipeline {
    const wgsl = parseInterface(shader.source, kernel);
    const module = this.#module(shader.source, kernel);
    return this.#faults.guard(() => {
      const layout = this.#layout(wgsl, kernel);
      const pipeline = this.#device.createComputePipeline({
        label: kernel,
        layout: this.#device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: {
          module,
          entryPoint: shader.entry ?? "main",
          constants: { ...shader.constants },
        },
      });
      return { id: this.#compiled++, pipeline, layout, wgsl };
    }, { filters: ["validation"], describe: (error) => describe(error, module, kernel) });
  }

  #module(code: string, kernel: string): GPUShaderModule {
    const known = this.#modules.get(code);
    if (known) return known;
    const module: GPUShaderModule = this.#faults.guard(
      () => this.#device.createShaderModule({ label: kernel, code }),
      { filters: ["validation"], describe: (error) => describe(error, module, kernel) },
    );
    this.#modules.set(code, module);
    return module;
  }

  #layout(wgsl: WgslInterface, kernel: string): GPUBindGroupLayout {
    const uniforms: GPUBindGroupLayoutEntry = {
      binding: 0,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: "uniform", hasDynamicOffset: true, minBindingSize: UNIFORM_BYTES },
    };
    const storage = wgsl.storage.map((
      { index, readOnly, uniformBytes },
    ): GPUBindGroupLayoutEntry => ({
      binding: index,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: uniformBytes ? "uniform" : readOnly ? "read-only-storage" : "storage" },
    }));
    return this.#device.createBindGroupLayout({ label: kernel, entries: [uniforms, ...storage] });
  }
}

async function describe(error: GPUError, module: GPUShaderModule, kernel: string): Promise<string> {
  const info = await module.getCompilationInfo();
  const fault = info.messages.find(({ type }) => type === "error");
  if (!fault) return `The kernel ${kernel} was refused by the GPU: ${firstLine(error)}`;
  return `The kernel ${kernel} does not compile at line ${fault.lineNum}, column ${fault.linePos}: ${
    fault.message.replace(/\s+/g, " ").trim()
  }`;
}
