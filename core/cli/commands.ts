/** Which function does which command; each is loaded only when it is called. @module */
import type { CommandContext, ParsedCommand } from "./options.ts";

/**
 * Does a command's work.
 * @returns the process's exit code where it is not 0.
 * @throws UserError for what the user can mend.
 */
export async function dispatch(
  { name, options }: ParsedCommand,
  context: CommandContext,
): Promise<number | void> {
  switch (name) {
    case "ablate":
      return await (await import("./ablate_command.ts")).ablateCommand(options, context);
    case "data":
      return await (await import("./data_command.ts")).dataCommand(options, context);
    case "detect":
      return await (await import("./detect_command.ts")).detectCommand(options, context);
    case "export":
      return await (await import("./export_command.ts")).exportCommand(options, context);
    case "doctor":
      return await (await import("./doctor_command.ts")).doctorCommand(context);
    case "report":
      return await (await import("./report_command.ts")).reportCommand(options, context);
    case "train":
      return await (await import("./train_command.ts")).trainCommand(options, context);
    case "test":
      return await (await import("./test_command.ts")).testCommand(options, context);
    case "inspect":
      return await (await import("./inspect_command.ts")).inspectCommand(options, context);
  }
}
