/** `train --live`: the run's plots in a browser while it trains. @module */
import { EXIT, UsageError } from "../runtime/errors.ts";
import { type Config, resolveSchedule } from "../train/config.ts";
import type { RunFolder } from "../train/run_folder.ts";
import type { LiveReply, LiveRequest, LiveStart } from "./live_messages.ts";
import { logger } from "./logging.ts";

/**
 * Does `work` while the run's page is served, and tells the page how it ended.
 * @param options.port absent: no page; 0: a port of the system's choice
 * @throws UsageError where the port cannot be had, before any work; what `work` throws
 */
export async function withLivePage(
  { folder, config, port }: { folder: RunFolder; config: Config; port: number | undefined },
  work: () => Promise<number | void>,
): Promise<number | void> {
  if (port === undefined) return await work();
  const { maxIter: iterations, imagesPerIteration } = resolveSchedule(config);
  const thread = new LiveThread();
  await thread.start({ kind: "start", folder: folder.root, port, iterations, imagesPerIteration });
  let how = "The run ended with an error; the terminal says which.";
  try {
    const code = await work();
    const stopped = code === EXIT.interrupted || code === EXIT.terminated;
    how = stopped ? "The run was stopped; the same command goes on with it." : "The run is over.";
    return code;
  } finally {
    await thread.end(how);
  }
}

/** The thread that serves the page. Its troubles are never the run's. */
class LiveThread {
  readonly #worker = new Worker(new URL("./live_worker.ts", import.meta.url), { type: "module" });
  readonly #ended = Promise.withResolvers<void>();

  constructor() {
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault();
      logger("live").warn(`The live page is gone (${event.message}); the run goes on without.`);
      this.#ended.resolve();
    });
  }

  /** @throws UsageError where the port cannot be had */
  async start(request: LiveStart): Promise<void> {
    const answered = Promise.withResolvers<void>();
    this.#worker.addEventListener("message", ({ data }: MessageEvent<LiveReply>) => {
      if (data.kind === "ended") return this.#ended.resolve();
      if (data.kind === "listening") {
        logger("live").info(`Live page: ${data.address}`);
        return answered.resolve();
      }
      this.#worker.terminate();
      answered.reject(
        new UsageError(
          `--port ${request.port} cannot be had (${data.reason}); leave it out to take a free one.`,
        ),
      );
    });
    this.#send(request);
    await Promise.race([answered.promise, this.#ended.promise]);
  }

  /** Waits until browsers have seen the end, at most seconds; not at all where none looks. */
  async end(how: string): Promise<void> {
    this.#send({ kind: "end", how });
    await this.#ended.promise;
    this.#worker.terminate();
  }

  #send(request: LiveRequest): void {
    this.#worker.postMessage(request);
  }
}
