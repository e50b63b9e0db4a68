import type { ConfigPatch } from "../../core/train/config.ts";

/** COCO 2017 under `data/coco`, laid out as the original's README says. */
export const coco2017: ConfigPatch["DATASETS"] = {
  TRAIN: {
    coco_2017_train: {
      img_dir: "data/coco/train2017",
      ann_file: "data/coco/annotations/instances_train2017.json",
    },
  },
  TEST: {
    coco_2017_val: {
      img_dir: "data/coco/val2017",
      ann_file: "data/coco/annotations/instances_val2017.json",
    },
  },
};
