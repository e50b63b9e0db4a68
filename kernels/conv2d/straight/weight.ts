/**
 * The gradient of the weight without loops, for the reasons that lines.ts gives: the sums of a block of pixels,
 * every multiplication written out.
 * @module
 */
import finish from "../weight/finish.wgsl" with { type: "text" };
import { BLOCKS_AT_ONCE, lines } from "./lines.ts";
import kernel from "./weight.wgsl" with { type: "text" };

/** Output pixels that a workgroup sums over, rows and fours of outer channels that it makes. */
export const DEPTH = 64, ROWS = 64, BLOCKS = 16;

/** The text of weight.wgsl with its loads and multiplications written out, and of what it calls. */
export function straightSums(): string {
  const loads = lines(DEPTH, (pixel) => `  let x${pixel} = inputAt(places[${pixel}], tap);`);
  const groups = lines(BLOCKS / BLOCKS_AT_ONCE, (group) => sums(group * BLOCKS_AT_ONCE));
  return kernel.replace("//LOADS", loads).replace("//SUMS", groups) + finish;
}

/** Some blocks of a row of the result: sums from zero over all pixels, and what is done with them. */
function sums(first: number): string {
  const here = Array.from({ length: BLOCKS_AT_ONCE }, (_, block) => first + block);
  const products = lines(
    DEPTH,
    (pixel) =>
      here.map((block) => `  sum${block} += x${pixel} * tile[${pixel * BLOCKS + block}];`)
        .join("\n"),
  );
  return [
    ...here.map((block) => `  var sum${block} = vec4f();`),
    products,
    ...here.map((block) =>
      `  if (isRow && block + ${block}u < blocksHere) { finish(start + ${block}u, sum${block}); }`
    ),
  ].join("\n");
}
