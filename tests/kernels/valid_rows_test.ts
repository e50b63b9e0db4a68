import { largeBoxes } from "../../kernels/large_boxes/mod.ts";
import { validRows } from "../../kernels/valid_rows/mod.ts";
import { checkOp, floats, ints } from "../_support/check_op.ts";

for (const [counts, rows] of [[[2, 0, 5], 5], [[1], 70], [[0], 0]] as const) {
  checkOp({
    name: `validRows ${counts} of ${rows}`,
    inputs: { counts: ints([counts.length], counts) },
    run: ({ counts }) => validRows(counts!, rows),
    tolerance: { forward: 0 },
  });
}

checkOp({
  name: "largeBoxes without the offset",
  inputs: { boxes: floats([1, 4, 4], { data: [0, 0, 5, 5, 0, 0, 4, 9, 5, 5, 5, 5, 1, 2, 8, 7] }) },
  run: ({ boxes }) => largeBoxes(boxes!, { minSize: 5, offset: 0 }),
  tolerance: { forward: 0 },
});

checkOp({
  name: "largeBoxes counts inclusive sides",
  inputs: { boxes: floats([1, 4, 4], { data: [0, 0, 4, 4, 0, 0, 3, 9, 5, 5, 5, 5, 1, 2, 8, 6] }) },
  run: ({ boxes }) => largeBoxes(boxes!, { minSize: 5 }),
  tolerance: { forward: 0 },
});
