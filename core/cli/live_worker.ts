/**
 * The thread of a run's live page: it reads what the run writes, so that no step waits for a browser and
 * no browser for a step.
 * @module
 */
import { runFolderAt } from "../train/run_folder.ts";
import type { LiveReply, LiveRequest, LiveStart } from "./live_messages.ts";
import { LiveRun } from "./live_run.ts";
import { type LivePage, LiveServer } from "./live_server.ts";
import { reportPages } from "./live_pages.ts";

/** Milliseconds without a request after which nobody is looking. */
const NOBODY_AFTER = 10_000;

/** Milliseconds without a request after which a browser that knows of the end has loaded all it wants. */
const LOADED_AFTER = 1500;

/** Milliseconds after which a run is not kept waiting for browsers any more. */
const AT_MOST = 15_000;

// Of the worker's scope, which the project's types do not include.
declare const self: {
  onmessage: ((event: MessageEvent<LiveRequest>) => void) | null;
  postMessage(reply: LiveReply): void;
  close(): void;
};

/** A page that knows when it was last asked for, and whether the end was. */
class ObservedPage implements LivePage {
  readonly #page: LivePage;
  lastAsked = -Infinity;
  endSeen = false;

  constructor(page: LivePage) {
    this.#page = page;
  }

  page(): Promise<string> {
    this.lastAsked = performance.now();
    return this.#page.page();
  }

  async update(after: number) {
    this.lastAsked = performance.now();
    const update = await this.#page.update(after);
    this.endSeen ||= update.over;
    return update;
  }
}

let live: { readonly run: LiveRun; readonly page: ObservedPage; readonly server: LiveServer };

self.onmessage = ({ data }) => {
  if (data.kind === "start") start(data);
  else void end(data.how);
};

function start({ folder, iterations, imagesPerIteration, port }: LiveStart): void {
  const { root, metrics } = runFolderAt(folder);
  const run = new LiveRun({ metrics, iterations, imagesPerIteration }, reportPages(root));
  const page = new ObservedPage(run);
  try {
    live = { run, page, server: new LiveServer(page, { port }) };
    self.postMessage({ kind: "listening", address: live.server.address });
  } catch (error) {
    self.postMessage({ kind: "failed", reason: error instanceof Error ? error.message : "" });
  }
}

async function end(how: string): Promise<void> {
  live.run.end(how);
  const began = performance.now();
  while (isAwaited(began)) await new Promise((resolve) => setTimeout(resolve, 100));
  await live.server[Symbol.asyncDispose]();
  self.postMessage({ kind: "ended" });
  self.close();
}

function isAwaited(began: number): boolean {
  const now = performance.now();
  const { lastAsked, endSeen } = live.page;
  return now - began < AT_MOST && now - lastAsked < (endSeen ? LOADED_AFTER : NOBODY_AFTER);
}
