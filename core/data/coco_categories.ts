/** The classes of COCO's detection sets since 2014, for when its annotation files are not at hand. */
import type { CocoCategory } from "./coco_entries.ts";

/** In ascending order of their ids. */
const NAMES =
  "person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light, fire " +
  "hydrant, stop sign, parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant, bear, " +
  "zebra, giraffe, backpack, umbrella, handbag, tie, suitcase, frisbee, skis, snowboard, sports " +
  "ball, kite, baseball bat, baseball glove, skateboard, surfboard, tennis racket, bottle, wine " +
  "glass, cup, fork, knife, spoon, bowl, banana, apple, sandwich, orange, broccoli, carrot, hot " +
  "dog, pizza, donut, cake, chair, couch, potted plant, bed, dining table, toilet, tv, laptop, " +
  "mouse, remote, keyboard, cell phone, microwave, oven, toaster, sink, refrigerator, book, " +
  "clock, vase, scissors, teddy bear, hair drier, toothbrush";

/** Ids up to 90 that no class has: COCO's paper planned 91 classes and 80 were annotated. */
const UNUSED = new Set([12, 26, 29, 30, 45, 66, 68, 69, 71, 83]);

/** The 80 classes with their ids, 1 to 90. */
export function cocoCategories(): CocoCategory[] {
  const ids = Array.from({ length: 90 }, (_, i) => i + 1).filter((id) => !UNUSED.has(id));
  return NAMES.split(", ").map((name, i) => ({ id: ids[i]!, name }));
}
