/**
 * What the page draws, as plain data: it lies in the page as JSON, is what a reader downloads, and
 * is what the live page sends. Names are as their owners wrote them; whoever shows one escapes it.
 * @module
 */

/** How a trace is drawn. Colour and line style are its group's, the same everywhere on the page. */
export type TraceKind =
  /** A curve. */
  | "line"
  /** A faint curve behind another. */
  | "raw"
  /** A curve that holds its value until the next point. */
  | "step"
  /** Faint points. */
  | "cloud"
  /** Points that are to be read, one by one. */
  | "points"
  /** Bars. */
  | "bars"
  /** The ground between `lower` and `upper`. */
  | "band"
  /** A matrix `z` over `x` and `y`. */
  | "heat";

/** One curve, band or set of points. */
export interface Trace {
  readonly name: string;
  readonly kind: TraceKind;
  /** Index into {@link ReportData.groups}; absent where it belongs to none. */
  readonly group?: number;
  /** Index into {@link ReportData.runs}, where it is of one run. */
  readonly run?: number;
  /** 0 (first, palest) to 1 (last, strongest), where a trace is a moment of several. */
  readonly tone?: number;
  /** A label for the figure's own legend, where traces of one group differ. */
  readonly legend?: string;
  readonly x: readonly (number | string)[];
  /** Absent for bands. */
  readonly y?: readonly (number | string)[];
  /** A band that holds its values until the next point. */
  readonly stepped?: boolean;
  /** Of a band, or the ends of error bars around `y`, or around `x` where `y` are names. */
  readonly lower?: readonly number[];
  readonly upper?: readonly number[];
  readonly z?: readonly (readonly number[])[];
}

/** One of the things that a figure can show. */
export interface View {
  readonly label: string;
  readonly traces: readonly Trace[];
}

/** An axis. */
export interface Axis {
  readonly title: string;
  readonly range?: readonly [number, number];
  /** "switch" lets the reader choose between linear (at first) and logarithmic. */
  readonly scale?: "log" | "switch";
  /** The axis starts at 0. */
  readonly fromZero?: boolean;
  /** The values are names. */
  readonly names?: boolean;
}

/** The parts of the page that figures stand in. */
export type SectionId = "answer" | "iou" | "dynamics" | "training" | "detail";

/** A figure. */
export interface Figure {
  /** Unique on the page: letters, digits, - and _. */
  readonly id: string;
  readonly section: SectionId;
  readonly title: string;
  /** What there is to see. */
  readonly caption: string;
  readonly x: Axis;
  readonly y: Axis;
  /** At least one; of several, the reader chooses. */
  readonly views: readonly View[];
  /** Over the page's whole width. */
  readonly wide?: boolean;
  /** In CSS pixels; default 280. */
  readonly height?: number;
}

/** Runs of one configuration that differ in their seed alone. */
export interface GroupData {
  readonly label: string;
  /** Indices into {@link ReportData.runs}. */
  readonly runs: readonly number[];
  readonly isBaseline: boolean;
  /** Its place in the palette; the baseline has 0. */
  readonly color: number;
}

/** A run, in short. */
export interface RunData {
  readonly label: string;
  readonly experiment: string;
  readonly folder: string;
  readonly group: number;
  readonly seed: number | undefined;
  /** Last iteration and the one to reach; 0 and undefined where unknown. */
  readonly iteration: number;
  readonly iterations: number | undefined;
  /** Figures of `metrics.json` by data set: AP, AP50, …; 0…1, or −1 where undefined. */
  readonly figures: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Seconds, images a second and MiB at most; undefined where unknown. */
  readonly seconds: number | undefined;
  readonly imagesPerSecond: number | undefined;
  readonly peakMemory: number | undefined;
}

/** A detection or object on a picture. */
export interface PictureBox {
  /** `[x, y, width, height]` in pixels of the image. */
  readonly box: readonly [number, number, number, number];
  /** Index into {@link Picture.classes}. */
  readonly class: number;
  /** Of a detection. */
  readonly score?: number;
  /** Of a detection: the highest IoU with an object of its class. */
  readonly iou?: number;
  /** Of an object: a region of many. */
  readonly crowd?: boolean;
}

/** A test image with what is there and what each run found. */
export interface Picture {
  readonly dataset: string;
  readonly file: string;
  readonly image: number;
  readonly width: number;
  readonly height: number;
  /** A JPEG. */
  readonly dataUri: string;
  /** How much the runs differ on it, or a single run from the truth. */
  readonly disagreement: number;
  readonly classes: readonly string[];
  readonly truth: readonly PictureBox[];
  readonly found: readonly { readonly run: number; readonly boxes: readonly PictureBox[] }[];
}

/** All that the page shows besides its texts. */
export interface ReportData {
  readonly title: string;
  /** The answer in a sentence or two: which is best, by how much, and is it more than noise. */
  readonly answer: string;
  /** The data set that the answer is about; undefined before any test. */
  readonly dataset: string | undefined;
  readonly groups: readonly GroupData[];
  readonly runs: readonly RunData[];
  readonly figures: readonly Figure[];
  readonly pictures: readonly Picture[];
  /** What is missing: one sentence each. */
  readonly problems: readonly string[];
}

/** What a live page asks for again and again: `update.json?after=VERSION`. */
export interface LiveUpdate {
  /** Counts up; the page asks for what came after it. */
  readonly version: number;
  /** One line: iteration, losses, time left. */
  readonly status: string;
  /** 0…1. */
  readonly progress: number;
  /** The run is over: the page keeps its last state and stops asking. */
  readonly over: boolean;
  /** The figures that changed since. One with a new id makes the page load itself anew. */
  readonly figures: readonly Figure[];
}
