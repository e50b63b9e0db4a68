import type { Tensor } from "../../core/runtime/mod.ts";
import { centerError } from "../../kernels/center_error/mod.ts";
import { checkExact } from "../_support/check_exact.ts";
import { floats } from "../_support/check_op.ts";

function run({ targets }: Record<string, Tensor>): Tensor[] {
  return [centerError(targets!)];
}

for (const shape of [[0, 3, 4], [1, 0, 4], [1, 1, 4], [2, 37, 4], [3, 513, 4]]) {
  const targets = floats(shape);
  checkExact({
    name: `centerError ${shape.join("×")}`,
    inputs: { targets },
    run,
    // The mean of two numbers whose sum is rounded to float32, as devices add them.
    expected: () => [
      Array.from({ length: targets.data.length / 4 }, (_, i) => {
        const [dx, dy] = [Math.abs(targets.data[i * 4]!), Math.abs(targets.data[i * 4 + 1]!)];
        return Math.fround(dx + dy) / 2;
      }),
    ],
  });
}

checkExact({
  name: "centerError of known targets",
  inputs: { targets: floats([1, 3, 4], { data: [1, -2, 9, 9, -0.5, 0, 9, 9, 0, 0, 9, 9] }) },
  run,
  expected: () => [[1.5, 0.25, 0]],
});
