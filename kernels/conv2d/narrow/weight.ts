/**
 * The gradient of the weight where channels are few, without loops (straight/lines.ts says why): the sums over a tile
 * of pixels, every multiplication written out.
 * @module
 */
import { ceilDiv, type Shader } from "../../../core/runtime/mod.ts";
import type { NarrowShape } from "./shape.ts";
import patch from "./patch.wgsl" with { type: "text" };
import finish from "../weight/finish.wgsl" with { type: "text" };
import { BLOCKS_AT_ONCE, lines } from "../straight/lines.ts";
import kernel from "./weight.wgsl" with { type: "text" };

/** Output pixels of a workgroup: twice the rows would gain a tenth, and take three times as long to compile. */
export const WEIGHT_TILE = { rows: 8, columns: 14 } as const;

const PIXELS = WEIGHT_TILE.rows * WEIGHT_TILE.columns;

const shaders = new Map<string, Shader>();

/** Extents of the part of x that a workgroup copies. */
export function seenByTile(
  { kh, kw, c, stride, shift }: NarrowShape,
): { patchRows: number; patchFours: number } {
  const columns = (WEIGHT_TILE.columns - 1) * stride + kw;
  return {
    patchRows: (WEIGHT_TILE.rows - 1) * stride + kh,
    patchFours: ceilDiv(shift + columns * c, 4),
  };
}

/** Fours of workgroup memory that the kernel of a shape takes. */
export function foursOfTile(shape: NarrowShape): number {
  const { patchRows, patchFours } = seenByTile(shape);
  return patchRows * patchFours + PIXELS * BLOCKS_AT_ONCE;
}

/** The kernel of a shape; made at first use, then the same object. */
export function narrowWeightShader(shape: NarrowShape): Shader {
  const key = Object.values(shape).join(" ");
  const known = shaders.get(key);
  if (known) return known;
  const { kh, kw, c, stride, shift } = shape;
  const rows = kh * kw * c;
  const made = {
    source: weightLines(shape) + patch + finish,
    constants: {
      lanes: 8 * ceilDiv(rows, 8),
      rows,
      rowLength: kw * c,
      stride,
      shift,
      tileFours: WEIGHT_TILE.columns * stride * c / 4,
      ...seenByTile(shape),
    },
  };
  shaders.set(key, made);
  return made;
}

/** The text of weight.wgsl with its loads and multiplications written out. */
function weightLines(shape: NarrowShape): string {
  const { stride, c } = shape, { patchFours } = seenByTile(shape);
  const loads = lines(PIXELS, (pixel) => {
    const y = Math.floor(pixel / WEIGHT_TILE.columns), x = pixel % WEIGHT_TILE.columns;
    return `  let x${pixel} = seen[start + ${y * stride * patchFours * 4 + x * stride * c}u];`;
  });
  const blocks = Array.from({ length: BLOCKS_AT_ONCE }, (_, block) => block);
  const products = (pixel: number) =>
    blocks.map((block) => `  sum${block} += x${pixel} * tile[${pixel * BLOCKS_AT_ONCE + block}];`)
      .join("\n");
  const sums = [
    ...blocks.map((block) => `  var sum${block} = vec4f();`),
    lines(PIXELS, products),
    ...blocks.map((block) =>
      `  if (${block}u < blocksHere) { finish(at + ${block}u, sum${block}); }`
    ),
  ].join("\n");
  return kernel.replace("//LOADS", loads).replace("//SUMS", sums);
}
