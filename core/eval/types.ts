/**
 * What goes into and comes out of the COCO box evaluation. All numbers are float64.
 * @module
 */

/** `[x, y, width, height]` in pixels of the original image, as COCO JSON has it. */
export type BoxXywh = readonly [number, number, number, number];

/** An image of the set; more fields may be present and are ignored here. */
export interface TruthImage {
  readonly id: number;
}

/** A class of the set. Ids may be sparse and in any order. */
export interface TruthCategory {
  readonly id: number;
  readonly name: string;
}

/** An object (or crowd region) as COCO JSON has it. */
export interface TruthAnnotation {
  readonly id: number;
  readonly image_id: number;
  readonly category_id: number;
  readonly bbox: BoxXywh;
  /** Pixels²; the segment's where there is one. Left out: the box's, width × height. */
  readonly area?: number;
  /** 1 for a region of many objects, which is never missed and takes any number of detections. */
  readonly iscrowd?: number;
}

/** The parts of a COCO instances JSON that the evaluation reads. */
export interface GroundTruth {
  readonly images: readonly TruthImage[];
  readonly categories: readonly TruthCategory[];
  readonly annotations: readonly TruthAnnotation[];
}

/** One detection in COCO results form. */
export interface Detection {
  readonly image_id: number;
  readonly category_id: number;
  readonly bbox: BoxXywh;
  readonly score: number;
}

/** The names of the average precisions at one IoU threshold, 0.50 to 0.95 by 0.05. */
export const AP_BY_IOU = [
  "AP50",
  "AP55",
  "AP60",
  "AP65",
  "AP70",
  "AP75",
  "AP80",
  "AP85",
  "AP90",
  "AP95",
] as const;

/** COCO's 12 figures, in the order in which pycocotools prints them. */
export const STANDARD_FIGURES = [
  "AP",
  "AP50",
  "AP75",
  "APs",
  "APm",
  "APl",
  "AR1",
  "AR10",
  "AR100",
  "ARs",
  "ARm",
  "ARl",
] as const;

/** COCO's 12 figures and AP at each IoU threshold by itself: 0…1, or −1 where undefined. */
export type Figures = Record<
  typeof STANDARD_FIGURES[number] | typeof AP_BY_IOU[number],
  number
>;

/** The figures of one class: 0…1, or −1 where the class has no object to find. */
export interface ClassResult {
  readonly category_id: number;
  readonly name: string;
  readonly AP: number;
  readonly AP50: number;
  readonly AP75: number;
  readonly AP90: number;
  readonly APs: number;
  readonly APm: number;
  readonly APl: number;
  readonly AR100: number;
  /** Objects that are not crowds. */
  readonly annotations: number;
  /** Detections given, before the best 100 of each image are taken. */
  readonly detections: number;
}

/** How much was evaluated. */
export interface EvaluationCounts {
  readonly images: number;
  readonly categories: number;
  /** Objects that are not crowds, of the set's images and classes. */
  readonly annotations: number;
  readonly crowds: number;
  /** Detections of the set's images and classes. */
  readonly detections: number;
}

/** Detections that name an image or a class which the set does not have; left out of all figures. */
export interface Mismatches {
  readonly detections: number;
  /** The unknown image ids, ascending, at most 5. */
  readonly image_ids: readonly number[];
  /** The unknown category ids, ascending, at most 5. */
  readonly category_ids: readonly number[];
}

/** Precision against recall, mean over the classes that have objects, all areas, 100 detections. */
export interface PrecisionCurves {
  /** The IoU thresholds, 10 of them. */
  readonly iou: readonly number[];
  /** The recalls at which precision is taken: 0, 0.01, … 1. */
  readonly recall: readonly number[];
  /** `[iou][recall]`; empty where no class has objects. */
  readonly precision: readonly (readonly number[])[];
}

/** All that an evaluation gives; plain data, written as a run's `metrics.json`. */
export interface EvaluationResult extends Figures {
  /** In ascending order of category id. */
  readonly per_class: readonly ClassResult[];
  readonly counts: EvaluationCounts;
  readonly mismatches: Mismatches;
  /** What a reader of the figures should know: one sentence each, empty as a rule. */
  readonly notes: readonly string[];
  readonly precision_curves: PrecisionCurves;
}
