/** The heaviest convolutions and matrix products of a model, as its own dry step launches them. */
import type { Config } from "../core/train/config.ts";
import { dryStep } from "../core/train/inspector.ts";
import { makeModel } from "../core/train/trainer.ts";
import { DryDevice } from "../core/runtime/dry_device.ts";
import type { ConvGeometry, Pass } from "./peers/protocol.ts";

/** Layers of equal extents, together. */
export interface ModelLayer {
  readonly geometry: ConvGeometry;
  /** How often a step runs it forward. */
  readonly calls: number;
  /** Operations of one call. */
  readonly flops: number;
}

const EXTENTS = [
  "n",
  "h",
  "w",
  "c",
  "ho",
  "wo",
  "o",
  "kh",
  "kw",
  "stride",
  "padding",
  "dilation",
  "groups",
] as const satisfies readonly (keyof ConvGeometry)[];

/** At most `count` layers, those first whose calls together take most operations. `shape`: `[N, H, W, 3]`. */
export async function heaviestLayers(
  config: Config,
  { shape, count }: { readonly shape: readonly number[]; readonly count: number },
): Promise<ModelLayer[]> {
  const device = new DryDevice();
  const model = makeModel(device, config);
  const profile = device.profile();
  dryStep(model, device, shape);
  const launches = await profile.take();
  profile.stop();
  model.close();
  const layers = new Map<string, ModelLayer>();
  for (const { kernel, params, flops } of launches) {
    if (kernel !== "conv2d") continue;
    const geometry = geometryIn(new Map<string, unknown>(Object.entries(params ?? {})));
    const key = JSON.stringify(geometry);
    const calls = (layers.get(key)?.calls ?? 0) + 1;
    layers.set(key, { geometry, calls, flops });
  }
  return [...layers.values()].sort((a, b) => b.flops * b.calls - a.flops * a.calls).slice(0, count);
}

/** The extents among a kernel's parameters. @throws TypeError where one is missing */
export function geometryIn(values: ReadonlyMap<string, unknown>): ConvGeometry {
  const geometry = Object.fromEntries(EXTENTS.map((name) => {
    const value = values.get(name);
    if (typeof value !== "number") {
      throw new TypeError(`A convolution was launched without ${name}`);
    }
    return [name, value];
  }));
  return geometry as Record<(typeof EXTENTS)[number], number>;
}

/** Such as `conv 3×3 256→256 /2, 100×168` or `product 512×12544×1024`. */
export function layerName(g: ConvGeometry): string {
  if (g.kh === 1 && g.kw === 1 && g.w === 1 && g.n === 1) return `product ${g.h}×${g.c}×${g.o}`;
  const options = [
    g.stride > 1 ? ` /${g.stride}` : "",
    g.dilation > 1 ? ` dilated ${g.dilation}` : "",
    g.groups > 1 ? ` ${g.groups} groups` : "",
  ].join("");
  const images = g.n > 1 ? `${g.n}×` : "";
  return `conv ${g.kh}×${g.kw} ${g.c}→${g.o}${options}, ${images}${g.ho}×${g.wo}`;
}

/** `forward` or, say, `gradient of input`. */
export function passName(pass: Pass): string {
  return pass === "forward" ? pass : `gradient of ${pass}`;
}
