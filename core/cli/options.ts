/** What each command is called with, once its arguments are read. @module */
import type { ExportFormat } from "../train/weights/export_weights.ts";
import type { Variant } from "./ablate_variants.ts";

/** Options that hold for every command. */
export interface CommonOptions {
  /** `--set KEY=VALUE`, in the order given; not yet checked. */
  readonly sets: readonly string[];
  /** `--seed`: an unsigned 32-bit number; absent: the configuration's SEED. */
  readonly seed?: number;
  /** `--device`; absent: WebGPU where the adapter is a real GPU, else the CPU. */
  readonly device?: "webgpu" | "cpu";
  /** `--adapter`: part of the adapter's name. */
  readonly adapter?: string;
  /** `--json`: the result as one JSON document on stdout, all else on stderr. */
  readonly json: boolean;
  /** `--debug`: stack traces and debug messages. */
  readonly debug: boolean;
}

/** An experiment's name, folder or file as typed; absent: the one that the user stands in. */
export interface ExperimentOption {
  readonly experiment?: string;
}

/** `train [EXPERIMENT]`. */
export interface TrainOptions extends CommonOptions, ExperimentOption {
  /** Start over although there is a checkpoint. */
  readonly fresh: boolean;
  /** Serve the run's plots on this machine while it trains. */
  readonly live: boolean;
  /** The port to serve them on, 0 to 65535; absent: one of the system's choice. */
  readonly port?: number;
  /** `auto`: where the newest checkpoint is damaged, go on from the one before; else refuse. */
  readonly resume?: "strict" | "auto";
  /** Weights to start a new run from, as typed; instead of MODEL.WEIGHT. */
  readonly initFrom?: string;
  /** Say where a few steps spend their time. */
  readonly profile: boolean;
  /** The file for their timeline, as typed; absent: profile.json in the run's folder. */
  readonly trace?: string;
}

/** `test [EXPERIMENT]`. Files are as typed: resolve them with {@link CommandContext.path}. */
export interface TestOptions extends CommonOptions, ExperimentOption {
  /** `-i`: the checkpoint's iteration, from 1; absent: the newest. */
  readonly iteration?: number;
  /** Any file of weights that can be loaded, instead of a checkpoint. */
  readonly weights?: string;
  /** Saved detections in COCO results form, evaluated without a model. */
  readonly predictions?: string;
  /** `-s`: write pictures with detections and ground truth. */
  readonly showRes: boolean;
}

/** `ablate [EXPERIMENT]`. */
export interface AblateOptions extends CommonOptions, ExperimentOption {
  /** How many seeds each variant is trained with; at least 1. */
  readonly seeds: number;
  /** At least one, each once. */
  readonly variants: readonly Variant[];
  /** Start over although some runs are there. */
  readonly fresh: boolean;
}

/** `detect EXPERIMENT IMAGE…`. Files are as typed. */
export interface DetectOptions extends CommonOptions {
  readonly experiment: string;
  /** Image files and folders of them; at least one. */
  readonly images: readonly string[];
  /** `-i`: the checkpoint's iteration, from 1; absent: the newest. */
  readonly iteration?: number;
  /** Any file of weights that can be loaded, instead of a checkpoint. */
  readonly weights?: string;
  /** The folder to write into; absent: `detect` in the run's folder. */
  readonly out?: string;
  /** The lowest score that counts, 0 to 1; absent: TEST.VIS_THRESH. */
  readonly score?: number;
}

/** `export [EXPERIMENT]`. Files are as typed. */
export interface ExportOptions extends CommonOptions, ExperimentOption {
  readonly iteration?: number;
  readonly weights?: string;
  readonly format: ExportFormat;
  /** The file to write; absent: named after the checkpoint, in `export` in the run's folder. */
  readonly out?: string;
  /** Replace a file that is there. */
  readonly force: boolean;
}

/** `report [RUN…]`. */
export interface ReportOptions extends CommonOptions {
  /** Experiments or run folders as typed; empty: the run trained last. */
  readonly runs: readonly string[];
  /** The HTML file; absent: the first run's own report.html. */
  readonly out?: string;
  /** The run to hold others against; absent: the one without dynamics, else the first. */
  readonly baseline?: string;
}

/** `data NAME`. */
export interface DataMakeOptions extends CommonOptions {
  readonly action: "make";
  readonly name: "digits";
  /** The folder to write; absent: the data set's own below `data`. */
  readonly out?: string;
}

/** `data check [EXPERIMENT]`. */
export interface DataCheckOptions extends CommonOptions, ExperimentOption {
  readonly action: "check";
  /** Take any bad entry for an error (exit code 3). */
  readonly strict: boolean;
}

/** `data NAME` or `data check [EXPERIMENT]`. */
export type DataOptions = DataMakeOptions | DataCheckOptions;

/** `inspect [EXPERIMENT]`. */
export interface InspectOptions extends CommonOptions, ExperimentOption {
  readonly weights?: string;
  /** Run one forward and backward pass on the first IMS_PER_GPU images. */
  readonly step: boolean;
  /** Which samples that pass takes: the first N, or random ones as training does. */
  readonly sampling: "first" | "random";
  /** IoU threshold of that pass, 0 to 1; absent: WARMUP_IOU. */
  readonly iou?: number;
  /** β of that pass, above 0; absent: WARMUP_BETA. */
  readonly beta?: number;
  /** Say where that pass spends its time. */
  readonly profile: boolean;
  /** The file for its timeline, as typed; absent: none. */
  readonly trace?: string;
}

/** `doctor`. */
export type DoctorOptions = CommonOptions;

/** Each command's name and options. */
export interface CommandOptions {
  readonly train: TrainOptions;
  readonly test: TestOptions;
  readonly ablate: AblateOptions;
  readonly detect: DetectOptions;
  readonly report: ReportOptions;
  readonly data: DataOptions;
  readonly inspect: InspectOptions;
  readonly export: ExportOptions;
  readonly doctor: DoctorOptions;
}

/** A command's name. */
export type CommandName = keyof CommandOptions;

/** A command line that was understood. */
export type ParsedCommand = {
  readonly [Name in CommandName]: { readonly name: Name; readonly options: CommandOptions[Name] };
}[CommandName];

/** What a command is given besides its options. */
export interface CommandContext {
  /** The folder that the user stands in, absolute. */
  readonly cwd: string;
  /** What was typed, for the run's record. */
  readonly commandLine: string;
  /** A path that the user typed as an absolute one. */
  path(typed: string): string;
  /** True where stderr is a terminal, which may show a bar that is redrawn. */
  readonly isTerminal: boolean;
  /** A line of news, on stderr. */
  note(line: string): void;
  /** A line of the result for people, on stdout; nothing with `--json`. */
  print(line: string): void;
  /** The result as one JSON document on stdout, with `--json`; nothing without. */
  json(result: unknown): void;
}
