/** How `doctor` is called. @module */
import type { DoctorOptions } from "../options.ts";
import { type CommandParser, common } from "./shared.ts";

/** The command `doctor`. */
export const doctorCommand: CommandParser<DoctorOptions> = {
  parser: common,
  does: "Says what this machine has, what is missing and how to install it.",
  examples: ["doctor", "doctor --json"],
};
