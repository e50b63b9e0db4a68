import assert from "node:assert/strict";
import { blocksOf, numbered, perTensor, unitOf } from "../../../kernels/_shared/per_tensor.ts";

const SOURCE = `one
  //EACH
  x# of #;
    y#;
  //END
two
//EACH
z#
//END
`;

Deno.test("perTensor() repeats what is between its marks, numbered, and nothing else", () => {
  assert.equal(
    perTensor(SOURCE, 2),
    "one\n  x0 of 0;\n    y0;\n  x1 of 1;\n    y1;\ntwo\nz0\nz1\n",
  );
  assert.equal(perTensor(SOURCE, 0), "one\ntwo\n");
});

Deno.test("numbered() names the tensors that perTensor() numbers", () => {
  assert.deepEqual(numbered(["a", "b"], 2), { a0: "f32", b0: "f32", a1: "f32", b1: "f32" });
});

Deno.test("blocksOf() counts blocks from tensor to tensor, and none of those that are not there", () => {
  assert.deepEqual(blocksOf([8, 0, 9], { count: 4, block: 4 }), {
    blocks: 5,
    extents: { start0: 0, size0: 8, start1: 2, size1: 0, start2: 2, size2: 9, start3: 5, size3: 0 },
  });
});

Deno.test("unitOf() is 4 where vectors of four divide all sizes", () => {
  assert.deepEqual([[4, 8, 0], [4, 6], []].map(unitOf), [4, 1, 4]);
});
