import assert from "node:assert/strict";
import { join } from "node:path";
import { parseMetrics } from "../../../core/train/metrics.ts";
import { runCommand, setArguments, TINY } from "../../_support/command.ts";
import { HAS_WEBGPU } from "../../_support/devices.ts";
import { makeTinyData } from "../../_support/tiny_data.ts";

Deno.test({
  name: `the first 5 losses of a run are the same on both devices${
    HAS_WEBGPU ? "" : " (no WebGPU adapter here)"
  }`,
  ignore: !HAS_WEBGPU,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      const data = await makeTinyData(join(folder, "data"));
      const losses: number[][] = [];
      for (const device of ["cpu", "webgpu"]) {
        const output = join(folder, device);
        const sets = [...data.sets, `OUTPUT_DIR=${output}`, "SOLVER.MAX_ITER=5", "SOLVER.STEPS=[]"];
        const result = await runCommand([
          "train",
          TINY,
          "--device",
          device,
          ...setArguments(sets),
        ]);
        assert.equal(result.code, 0, result.stderr);
        const metrics = parseMetrics(await Deno.readTextFile(join(output, "metrics.jsonl")));
        losses.push(metrics.flatMap((m) => [
          m.rpn_cls_loss,
          m.rpn_bbox_loss,
          m.rcnn_cls_loss,
          m.rcnn_bbox_loss,
          m.rcnn_iou_new,
          m.rcnn_error_new,
        ]));
      }
      const [cpu, webgpu] = losses as [number[], number[]];
      assert.equal(cpu.length, 30);
      cpu.forEach((expected, i) => {
        const difference = Math.abs(webgpu[i]! - expected) / Math.max(1e-2, Math.abs(expected));
        assert.ok(difference < 1e-3, `figure ${i}: ${webgpu[i]} on webgpu, ${expected} on cpu`);
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
