import assert from "node:assert/strict";
import { join } from "node:path";
import { parseMetrics } from "../../../core/train/metrics.ts";
import { runCommand, setArguments, TINY } from "../../_support/command.ts";
import { HAS_WEBGPU } from "../../_support/devices.ts";
import { makeTinyData } from "../../_support/tiny_data.ts";

const DEFORMABLE = [
  "MODEL.RESNETS.STAGE_WITH_DCN=[false,true,true,true]",
  "MODEL.RESNETS.WITH_MODULATED_DCN=true",
];

for (const [what, changes] of [["a run", []], ["a run with DCNv2", DEFORMABLE]] as const) {
  Deno.test({
    name: `the first 5 losses of ${what} are the same on both devices${
      HAS_WEBGPU ? "" : " (no WebGPU adapter here)"
    }`,
    ignore: !HAS_WEBGPU,
    fn: () => compareDevices(changes),
  });
}

async function compareDevices(changes: readonly string[]): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const { sets } = await makeTinyData(join(folder, "data"));
    const [cpu, webgpu] = [
      await figuresOf("cpu", { folder, sets: [...sets, ...changes] }),
      await figuresOf("webgpu", { folder, sets: [...sets, ...changes] }),
    ];
    assert.equal(cpu.length, 30);
    cpu.forEach((expected, i) => {
      const difference = Math.abs(webgpu[i]! - expected) / Math.max(1e-2, Math.abs(expected));
      assert.ok(difference < 1e-3, `figure ${i}: ${webgpu[i]} on webgpu, ${expected} on cpu`);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Losses and statistics of five iterations, one after the other. */
async function figuresOf(
  device: string,
  { folder, sets }: { folder: string; sets: readonly string[] },
): Promise<number[]> {
  const output = join(folder, device);
  const own = [...sets, `OUTPUT_DIR=${output}`, "SOLVER.MAX_ITER=5", "SOLVER.STEPS=[]"];
  const result = await runCommand(["train", TINY, "--device", device, ...setArguments(own)]);
  assert.equal(result.code, 0, result.stderr);
  const metrics = parseMetrics(await Deno.readTextFile(join(output, "metrics.jsonl")));
  return metrics.flatMap((m) => [
    m.rpn_cls_loss,
    m.rpn_bbox_loss,
    m.rcnn_cls_loss,
    m.rcnn_bbox_loss,
    m.rcnn_iou_new,
    m.rcnn_error_new,
  ]);
}
