import { empty } from "../../core/runtime/mod.ts";
import { frozenScale } from "../../kernels/frozen_scale/mod.ts";
import { checkOp, floats } from "../_support/check_op.ts";

for (const channels of [0, 1, 65]) {
  checkOp({
    name: `frozenScale of ${channels} channels`,
    inputs: {
      weight: floats([channels], { seed: 1 }),
      bias: floats([channels], { seed: 2 }),
      mean: floats([channels], { seed: 3 }),
      variance: floats([channels], { data: Array.from({ length: channels }, (_, i) => 0.1 + i) }),
    },
    run: ({ weight, bias, mean, variance }) => {
      const [scale, shift] = [empty(weight!.device, [channels]), empty(weight!.device, [channels])];
      frozenScale({ weight: weight!, bias: bias!, mean: mean!, variance: variance!, scale, shift });
      return [scale, shift];
    },
  });
}
