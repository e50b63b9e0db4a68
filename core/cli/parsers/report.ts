/** How `report` is called. @module */
import { merge, object } from "@optique/core/constructs";
import { message } from "@optique/core/message";
import { multiple, optional } from "@optique/core/modifiers";
import { argument, option } from "@optique/core/primitives";
import { string } from "@optique/core/valueparser";
import type { ReportOptions } from "../options.ts";
import { type CommandParser, common } from "./shared.ts";

const report = merge(
  object({
    runs: multiple(
      argument(string({ metavar: "RUN" }), {
        description: message`Experiments or run folders (default: the run trained last).`,
      }),
    ),
    out: optional(
      option("--out", string({ metavar: "FILE.html" }), {
        description: message`The file to write (default: the first run's report.html).`,
      }),
    ),
    baseline: optional(
      option("--baseline", string({ metavar: "RUN" }), {
        description:
          message`The run to hold the others against (default: the one without dynamics, else the first).`,
      }),
    ),
  }),
  common,
);

/** The command `report`. */
export const reportCommand: CommandParser<ReportOptions> = {
  parser: report,
  does: "Writes one self-contained HTML page that compares runs.",
  examples: [
    "report quickstart",
    "report quickstart quickstart_baseline --out ablation.html",
    "report output/a output/b --baseline output/b",
  ],
};
