/** The detector and its dynamic training. @module */
export * from "./batch.ts";
export { candidatesOf, mergeCandidates } from "./candidates.ts";
export { type Detections } from "./detections.ts";
export { DynamicRcnn, type TrainingInput, type TrainingOutput } from "./dynamic_rcnn.ts";
export { DynamicSchedule, type DynamicState } from "./dynamic_schedule.ts";
export type * from "./options.ts";
export type { Criteria } from "./roi_head.ts";
