/**
 * The entry of every command: `deno task train …` is `core/cli/main.ts train …`.
 *
 * Nothing may import this file: it waits for the command, which imports experiments, which import
 * `launch.ts`; a way from there back to here would never end.
 * @module
 */
import { runCommandLine } from "./run_command.ts";

Deno.exit(await runCommandLine(Deno.args));
