/** Launching a run from its experiment's own file. @module */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "../runtime/errors.ts";
import { runFolderOf } from "../train/run_folder.ts";
import { findExperiment, loadExperiment } from "./find_experiment.ts";
import { processSurroundings } from "./context.ts";
import { guarded, runCommandLine } from "./run_command.ts";

/**
 * Trains the experiment of the module that calls it, with the options of `train`:
 *
 * ```ts
 * if (import.meta.main) await launch(import.meta);
 * ```
 *
 * `-log` links the run's folder as `log` into the experiment's instead, as the original does.
 * Ends the process.
 */
export async function launch(
  { url }: Pick<ImportMeta, "url">,
  args: readonly string[] = Deno.args,
): Promise<never> {
  const folder = dirname(fileURLToPath(url));
  const links = args.length === 1 && (args[0] === "-log" || args[0] === "--linklog");
  if (!links) Deno.exit(await runCommandLine(["train", folder, ...args]));
  const surroundings = processSurroundings();
  const work = async () => surroundings.stdout(await linkLog(folder));
  Deno.exit(await guarded(work, { debug: false, surroundings }));
}

/**
 * Links the run folder of the experiment in `folder` into it as `log`, and makes the former.
 * @returns the link's path.
 * @throws UsageError where something other than a link is there.
 */
export async function linkLog(folder: string): Promise<string> {
  const experiment = await findExperiment(folder, { cwd: folder });
  const target = runFolderOf(experiment.id, await loadExperiment(experiment)).root;
  const link = join(folder, "log");
  const present = await Deno.lstat(link).catch(() => undefined);
  if (present !== undefined && !present.isSymlink) {
    throw new UsageError(`${link} is there and no link; move it away first.`);
  }
  if (present !== undefined) await Deno.remove(link);
  await Deno.mkdir(target, { recursive: true });
  await Deno.symlink(target, link);
  return link;
}
