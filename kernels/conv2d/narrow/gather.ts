/**
 * WGSL in straight lines (straight/lines.ts says why) for convolutions of few channels, such as a network's first.
 * What a row of a window sees is a run of kw · c numbers there; fours of them are loaded without regard for pixels, from
 * a part of the source that a workgroup has copied, and serve several neighbouring pixels.
 * @module
 */
import { ceilDiv, type Shader } from "../../../core/runtime/mod.ts";
import kernel from "./gather.wgsl" with { type: "text" };
import patch from "./patch.wgsl" with { type: "text" };
import { BLOCKS_AT_ONCE, lines } from "../straight/lines.ts";
import type { NarrowShape } from "./shape.ts";

/** Output pixels of a workgroup: rows, and invocations along a row. */
export const TILE = { rows: 8, columns: 16 } as const;

const shaders = new Map<string, Shader>();

/** Fours that an invocation reads of a row. */
function foursOf({ kw, c, stride, shift, pixels }: NarrowShape): number {
  return ceilDiv(shift + ((pixels - 1) * stride + kw) * c, 4);
}

/** Extents of the part of the source that a workgroup copies, and fours from one invocation's pixels to the next one's. */
export function seenBy(
  shape: NarrowShape,
): { laneFours: number; patchRows: number; patchFours: number } {
  const { kh, stride, c, pixels } = shape;
  const laneFours = pixels * stride * c / 4;
  const patchRows = (TILE.rows - 1) * stride + kh;
  return { laneFours, patchRows, patchFours: (TILE.columns - 1) * laneFours + foursOf(shape) };
}

/** The forward kernel of a shape; made at first use, then the same object. */
export function narrowShader(shape: NarrowShape): Shader {
  const key = Object.values(shape).join(" ");
  const known = shaders.get(key);
  if (known) return known;
  const { kh, kw, c, stride, pixels } = shape;
  const made = {
    source: forwardLines(shape) + patch,
    constants: { rows: kh * kw * c, stride, pixels, ...seenBy(shape) },
  };
  shaders.set(key, made);
  return made;
}

/**
 * The text of gather.wgsl with loads and multiplications written out. Barriers part its pixels: else the
 * emulating compiler would hold what the next ones multiply in registers, of which there are not enough.
 */
function forwardLines(shape: NarrowShape): string {
  const fours = foursOf(shape), { patchFours } = seenBy(shape);
  const load = (ky: number, four: number) =>
    `  let x${ky}_${four} = seen[start + ${ky * patchFours + four}u];`;
  const loads = lines(shape.kh, (ky) => lines(fours, (four) => load(ky, four)));
  const pixels = lines(
    shape.pixels,
    (pixel) => `  workgroupBarrier();\n${sums(shape, pixel)}`,
  );
  return kernel.replace("//LOADS", loads).replace("//SUMS", pixels);
}

/** Sixteen outer channels of a pixel. */
function sums({ kh, kw, c, stride, shift }: NarrowShape, pixel: number): string {
  const blocks = Array.from({ length: BLOCKS_AT_ONCE }, (_, block) => block);
  const name = (block: number) => `sum${pixel}_${block}`;
  const products = lines(kh * kw * c, (row) => {
    const ky = Math.floor(row / (kw * c)), at = shift + pixel * stride * c + row % (kw * c);
    const value = `x${ky}_${at >> 2}.${"xyzw"[at & 3]}`;
    return blocks.map((block) => `  ${name(block)} += ${value} * tile[${4 * row + block}];`).join(
      "\n",
    );
  });
  return [
    ...blocks.map((block) => `  var ${name(block)} = vec4f();`),
    products,
    ...blocks.map((block) =>
      `  if ((${pixel}u < columnsHere) & (${block}u < blocksHere)) {
    finish(at + ${pixel}u * params.blocks + ${block}u, block + ${block}u, ${name(block)});
  }`
    ),
  ].join("\n");
}
