import { relu } from "../../kernels/relu/mod.ts";
import { checkOp, floats } from "../_support/check_op.ts";
import { SPLIT_TARGET, TARGETS } from "../_support/devices.ts";

for (const shape of [[0], [1], [2, 3, 5, 7], [65, 4], [1030], [67, 68]]) {
  checkOp({
    name: `relu ${shape.join("×")}`,
    inputs: { x: floats(shape) },
    run: ({ x }) => relu(x!),
    gradients: ["x"],
    targets: [...TARGETS, SPLIT_TARGET],
  });
}
