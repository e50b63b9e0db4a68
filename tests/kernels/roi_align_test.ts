import assert from "node:assert/strict";
import {
  backwardFrom,
  empty,
  fromArray,
  record,
  scope,
  type Tensor,
} from "../../core/runtime/mod.ts";
import { areaRanges, levelOfArea } from "../../kernels/roi_align/levels.ts";
import { roiAlign, type RoiAlignOptions } from "../../kernels/roi_align/mod.ts";
import { checkOp, floats, type Input, ints, relativeError } from "../_support/check_op.ts";
import { onDevices, reference, SPLIT_TARGET, TARGETS } from "../_support/devices.ts";

const SCALES = [1 / 4, 1 / 8, 1 / 16, 1 / 32];

/** RoIs of an image of 160×128 pixels: inside, on the border, beyond it, of every level, malformed. */
const ROIS = [
  ...[10.3, 20.7, 50.2, 44.9],
  ...[159, 0, 159, 127], // a sliver, whose samples lie on the border and beyond
  ...[-20, -14.5, 120.5, 110.25], // reaches out to the left and above
  ...[70.5, 33.25, 70.5, 33.25], // a point
  ...[40, 30, 300, 270], // of level 4, half outside
  ...[-300, -200, 400, 450], // of level 5
  ...[90, 80, 60, 40], // corners swapped
];

function pyramid(images: number, channels: number, levels = 4): Record<string, Input> {
  return Object.fromEntries(
    Array.from({ length: levels }, (_, level) => [
      `p${level + 2}`,
      floats([images, 32 >> level, 40 >> level, channels], { seed: level + 1 }),
    ]),
  );
}

function check(
  name: string,
  features: Record<string, Input>,
  given: { rois: number[]; valid: number[] } & Partial<RoiAlignOptions>,
): void {
  const { rois, valid, ...options } = given;
  const names = Object.keys(features);
  const images = features[names[0]!]!.shape[0]!;
  checkOp({
    name: `roiAlign ${name}`,
    inputs: {
      ...features,
      rois: floats([valid.length, 4], { data: rois }),
      valid: ints([valid.length], valid),
    },
    run: ({ rois, valid, ...levels }) =>
      roiAlign(names.map((level) => levels[level]!), { rois: rois!, valid: valid! }, {
        rowsPerImage: valid!.size / images,
        scales: SCALES.slice(0, names.length),
        resolution: 7,
        samplingRatio: 2,
        ...options,
      }),
    gradients: names,
    tolerance: { forward: 3e-5 },
    targets: [...TARGETS, SPLIT_TARGET],
  });
}

check("of 4 levels, 3 channels", pyramid(2, 3), {
  rois: [...ROIS, ...ROIS.map((x) => x * 0.9)],
  valid: [0, 3, 1, 0, 2, 1, 1, 5, -1, 1, 1, -1, 1, 0],
});
check("of 4 levels, 8 channels, one RoI an image", pyramid(3, 8), {
  rois: ROIS.slice(0, 12),
  valid: [1, 1, -1],
});
check("more RoIs than a word of the tile mask", pyramid(1, 1, 2), {
  rois: Array.from({ length: 4 * 70 }, (_, i) => (i % 4 < 2 ? 0 : 30) + (i * 37) % 50),
  valid: Array.from({ length: 70 }, (_, i) => i % 5 - 1),
});
check("of one level and pixel, 1 sample", { p2: floats([1, 1, 1, 5]) }, {
  rois: [0, 0, 3, 3, -2.5, -2.5, 2, 2],
  valid: [0, 0],
  samplingRatio: 1,
  resolution: 3,
});
check("3 samples, 2 bins", pyramid(1, 4, 1), {
  rois: ROIS,
  valid: [1, 1, 1, 1, 1, 1, 1],
  samplingRatio: 3,
  resolution: 2,
});
const ALIGNED = { aligned: true, offset: 0 };
check("aligned, without the offset", pyramid(2, 5), {
  rois: [...ROIS, ...ROIS.map((x) => x * 0.9)],
  valid: [0, 3, 1, 0, 2, 1, 1, 5, -1, 1, 1, -1, 1, 0],
  ...ALIGNED,
});
check("aligned, as many samples as pixels", pyramid(2, 8), {
  rois: [...ROIS, ...ROIS.map((x) => x * 0.7 + 1)],
  valid: [0, 3, 1, 0, 2, 1, 1, 5, 0, 1, 1, 0, 1, 0],
  samplingRatio: 0,
  ...ALIGNED,
});
check("as many samples as pixels, long and thin", pyramid(1, 3, 2), {
  rois: [0, 10, 159, 14, 30.2, -5, 31.9, 127, 8, 8, 64, 36],
  valid: [0, 0, 0],
  samplingRatio: 0,
  resolution: 3,
});
check("without RoIs", pyramid(2, 4), { rois: [], valid: [] });
check("with padding only", pyramid(1, 4), { rois: [9e9, 0, 9e9, -5], valid: [-1] });

onDevices("roiAlign() samples without a half-pixel shift", async (device) => {
  // f(y, x) = 10 y + x is linear, so that a bin's mean is its value at the bin's centre.
  const pixels = Float32Array.from({ length: 64 }, (_, i) => 10 * Math.floor(i / 8) + i % 8);
  const pooled = scope(() =>
    roiAlign([fromArray(device, [1, 8, 8, 1], pixels)], {
      rois: fromArray(device, [2, 4], new Float32Array([4, 8, 12, 24, 4, 4, 4, 4])),
      valid: fromArray(device, [2], new Int32Array([1, 1])),
    }, { rowsPerImage: 2, scales: [1 / 4], resolution: 2, samplingRatio: 2 })
  );
  // RoI 0 spans x 1..3 and y 2..6: bin centres x 1.5, 2.5 and y 3, 5. RoI 1, a point, grows to side 1 from (1, 1).
  const expected = [31.5, 32.5, 51.5, 52.5, 13.75, 14.25, 18.75, 19.25];
  const values = await pooled.readFloats();
  expected.forEach((value, i) =>
    assert.ok(Math.abs(values[i]! - value) < 1e-4, `${i}: ${values[i]}`)
  );
  pooled.release();
});

onDevices("roiAlign() takes each RoI from the level of its inclusive area", async (device) => {
  // Width, height, level: 3, 4 and 5 begin at sides of 112, 224 and 448.
  const cases = [
    ...[[111, 112, 2], [112, 112, 3], [223, 224, 3], [224, 224, 4], [447, 448, 4], [448, 448, 5]],
    ...[[4000, 4000, 5], [-3, 5, 2], [1, 1, 2]],
  ];
  // Around (0, 0), so that the one sample lies in every map; level l holds l everywhere.
  const boxes = cases.flatMap(([w = 0, h = 0]) => [-w / 2, -h / 2, w / 2 - 1, h / 2 - 1]);
  const pooled = scope(() =>
    roiAlign(
      SCALES.map((_, level) =>
        fromArray(device, [1, 2, 2, 1], new Float32Array(4).fill(level + 2))
      ),
      {
        rois: fromArray(device, [cases.length, 4], Float32Array.from(boxes)),
        valid: fromArray(device, [cases.length], new Int32Array(cases.length)),
      },
      { rowsPerImage: cases.length, scales: SCALES, resolution: 1, samplingRatio: 1 },
    )
  );
  assert.deepEqual([...await pooled.readFloats()], cases.map(([, , level]) => level));
  pooled.release();
});

/** See tests/fixtures/roi_align/make.py. */
interface Golden {
  scales: number[];
  rowsPerImage: number;
  shapes: number[][];
  features: number[][];
  rois: number[];
  out: number[];
  dOut: number[];
  dFeatures: number[][];
  areas: number[];
  areaLevels: number[];
}

const golden: Golden = JSON.parse(
  Deno.readTextFileSync(new URL("../fixtures/roi_align/case.json", import.meta.url)),
);

onDevices("roiAlign() equals torchvision's, forward and gradients", async (device) => {
  const count = golden.rois.length / 4;
  const { out, gradients } = scope(() => {
    const features = golden.features.map((data, level) => {
      const feature = fromArray(device, golden.shapes[level]!, Float32Array.from(data));
      feature.requiresGrad = true;
      return feature;
    });
    const rois = fromArray(device, [count, 4], Float32Array.from(golden.rois));
    const valid = fromArray(device, [count], new Int32Array(count));
    const { scales, rowsPerImage } = golden;
    const { result: out, tape } = record(() =>
      roiAlign(features, { rois, valid }, { scales, rowsPerImage, resolution: 7, samplingRatio: 2 })
    );
    const gradient = fromArray(device, out.shape, Float32Array.from(golden.dOut));
    const byId = backwardFrom(tape, [{ output: out, gradient }]);
    return { out, gradients: features.map((feature) => byId.get(feature.id)!) };
  });
  assert.ok(relativeError(await out.readFloats(), golden.out).error < 2e-5);
  for (const [level, gradient] of gradients.entries()) {
    const { error } = relativeError(await gradient.readFloats(), golden.dFeatures[level]!);
    assert.ok(error < 2e-5, `level ${level}: ${error}`);
  }
  for (const tensor of [out, ...gradients]) tensor.release();
});

Deno.test("areaRanges() put every area where PyTorch puts it, to the last float32", () => {
  const ranges = areaRanges(SCALES);
  golden.areas.forEach((area, i) => {
    const level = ranges.findIndex(({ from, to }) => area >= from && area < to) + 2;
    assert.equal(level, golden.areaLevels[i], `area ${area}`);
  });
  assert.deepEqual([...new Set(golden.areaLevels)].sort(), [2, 3, 4, 5]);
});

Deno.test("areaRanges() are the exact float32 areas where the original's level changes", () => {
  const ranges = areaRanges(SCALES);
  for (const [i, { from }] of ranges.entries()) {
    if (i === 0) continue;
    assert.equal(levelOfArea(from), i + 2);
    assert.equal(ranges[i - 1]!.to, from);
    const bits = new Uint32Array(Float32Array.of(from).buffer);
    const below = new Float32Array(Uint32Array.of(bits[0]! - 1).buffer)[0]!;
    assert.equal(levelOfArea(below), i + 1);
  }
});

Deno.test("roiAlign() refuses what it does not support", () => {
  scope(() => {
    const feature = empty(reference, [1, 4, 4, 2]);
    const rois = empty(reference, [3, 4]), valid = empty(reference, [3], "i32");
    const options = { rowsPerImage: 3, scales: [1 / 4], resolution: 7, samplingRatio: 2 };
    const call = (features: Tensor[], changed: Partial<RoiAlignOptions>) => () =>
      void record(() => roiAlign(features, { rois, valid }, { ...options, ...changed }));
    assert.throws(call([feature], { samplingRatio: -1 }), RangeError);
    assert.throws(call([feature], { resolution: 0 }), RangeError);
    assert.throws(call([feature], { rowsPerImage: 2 }), RangeError);
    assert.throws(call([feature, feature], {}), RangeError);
    assert.throws(call([feature, feature], { scales: [1 / 4, 1 / 16] }), RangeError);
    const wider = empty(reference, [1, 2, 2, 3]);
    assert.throws(call([feature, wider], { scales: [1 / 4, 1 / 8] }), RangeError);
  });
});
