import assert from "node:assert/strict";
import { numbered, perTensor } from "../../../kernels/_shared/per_tensor.ts";

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
