/** Compute pipelines, one per shader object, made at first use. */
import type { Shader } from "../kernel.ts";
import { type Faults, firstLine } from "./faults.ts";
import { parseInterface, type WgslInterface } from "./wgsl_interface.ts";

/** Bytes of uniforms that a dispatch may have. */
export const UNIFORM_BYTES = 256;

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
  readonly #pipelines = new Map<Shader, Pipeline>();
  readonly #modules = new Map<string, GPUShaderModule>();

  constructor(device: GPUDevice, faults: Faults) {
    this.#device = device;
    this.#faults = faults;
  }

  /** Number of pipelines compiled. */
  get size(): number {
    return this.#pipelines.size;
  }

  /** The pipeline of `shader`. A compile error surfaces with kernel name, line and column at the next check. */
  get(shader: Shader, kernel: string): Pipeline {
    const known = this.#pipelines.get(shader);
    if (known) return known;
    const made = this.#compile(shader, kernel);
    this.#pipelines.set(shader, made);
    return made;
  }

  #compile(shader: Shader, kernel: string): Pipeline {
    const wgsl = parseInterface(shader.source, kernel);
    this.#device.pushErrorScope("validation");
    const module = this.#module(shader.source, kernel);
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
    this.#faults.watch(this.#device.popErrorScope(), (error) => describe(error, module, kernel));
    return { id: this.#pipelines.size, pipeline, layout, wgsl };
  }

  #module(code: string, kernel: string): GPUShaderModule {
    const known = this.#modules.get(code);
    if (known) return known;
    const module = this.#device.createShaderModule({ label: kernel, code });
    this.#modules.set(code, module);
    return module;
  }

  #layout(wgsl: WgslInterface, kernel: string): GPUBindGroupLayout {
    const uniforms: GPUBindGroupLayoutEntry = {
      binding: 0,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: "uniform", hasDynamicOffset: true, minBindingSize: UNIFORM_BYTES },
    };
    const storage = wgsl.storage.map(({ index, readOnly }): GPUBindGroupLayoutEntry => ({
      binding: index,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: readOnly ? "read-only-storage" : "storage" },
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
