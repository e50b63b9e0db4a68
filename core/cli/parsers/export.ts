/** How `export` is called. @module */
import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { optional, withDefault } from "@optique/core/modifiers";
import { option } from "@optique/core/primitives";
import { choice, string } from "@optique/core/valueparser";
import { EXPORT_FORMATS } from "../../train/weights/export_weights.ts";
import type { ExportOptions } from "../options.ts";
import { type CommandParser, common, experiment, iteration, weights } from "./shared.ts";

const exportParser = merge(
  experiment,
  object({
    iteration,
    weights,
    format: withDefault(
      option("--format", choice(EXPORT_FORMATS, { metavar: "FORMAT" }), {
        description:
          message`pth (default): PyTorch 1.6 and later; pth-legacy: every PyTorch, the original's 1.0.1 too; safetensors.`,
      }),
      "pth",
    ),
    out: optional(
      option("--out", string({ metavar: "FILE" }), {
        description: message`The file to write (default: in export in the run's folder).`,
      }),
    ),
    force: option("--force", { description: message`Replace a file that is there already.` }),
  }),
  common,
);

/** The command `export`. */
export const exportCommand: CommandParser<ExportOptions> = {
  parser: exportParser,
  does: "Writes weights for PyTorch and other tools, under the original's names.",
  examples: [
    "export quickstart --format pth",
    "export quickstart -i 2500 --format safetensors --out digits.safetensors",
    "export r50_fpn_1x --weights checkpoint.safetensors --format pth-legacy",
  ],
};
