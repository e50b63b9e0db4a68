/** The gather convolution without loops, for the reasons that lines.ts gives. */
import kernel from "./gather.wgsl" with { type: "text" };
import { BLOCKS_AT_ONCE, lines } from "./lines.ts";

/** Rows of the weight that one dispatch adds: more read and write sums less often, but take longer to compile. */
export const DEPTHS = { usual: 64, large: 128 } as const;

/** Fours of columns that one workgroup makes. */
export const BLOCKS = 16;

/** Invocations of a workgroup: more share one copy of the weight, fewer leave less idle where pixels are few. */
export const LANES = { few: 64, many: 128 } as const;

/** The text of gather.wgsl with its multiplications by `depth` rows written out. */
export function straightLines(depth: number): string {
  const groups = BLOCKS / BLOCKS_AT_ONCE;
  return kernel
    .replace("//LOADS", lines(depth / 4, (four) => `  let x${four} = nextFour(&cursor);`))
    .replace("//SUMS", lines(groups, (group) => sums(depth, group * BLOCKS_AT_ONCE)));
}

/** Some blocks of the result: sums from zero over all rows, and what is done with them. */
function sums(depth: number, first: number): string {
  const blocks = Array.from({ length: BLOCKS_AT_ONCE }, (_, block) => first + block);
  const products = lines(
    depth,
    (row) =>
      blocks.map((block) =>
        `  sum${block} += x${row >> 2}.${"xyzw"[row & 3]} * tile[${row * BLOCKS + block}];`
      ).join("\n"),
  );
  return [
    ...blocks.map((block) => `  var sum${block} = vec4f();`),
    products,
    "  if (!isFirst) {",
    ...blocks.map((block) => `    sum${block} += destination[at + ${block}u];`),
    "  }",
    "  if (hasBias) {",
    ...blocks.map((block) => `    sum${block} += bias[biasAt + ${block}u];`),
    "  }",
    ...blocks.map((block) =>
      `  if (${block}u < written) { destination[at + ${block}u] = rectified(sum${block}, hasRelu); }`
    ),
  ].join("\n");
}
