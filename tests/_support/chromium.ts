/**
 * A headless Chromium driven through its debugging protocol: enough to open a page, watch what it
 * asks for and what it complains about, look at it and press its buttons.
 * @module
 */

const BINARIES = ["chromium", "chromium-browser", "google-chrome"];

/** Why no browser can be used, for a test's name; empty where one can. */
export function browserLack(): string {
  if (findChromium() === undefined) return " (skipped: no Chromium is installed)";
  const may = [
    Deno.permissions.querySync({ name: "run", command: findChromium() }),
    Deno.permissions.querySync({ name: "net", host: "127.0.0.1" }),
  ];
  const isGranted = may.every(({ state }) => state === "granted");
  return isGranted ? "" : " (skipped: it takes --allow-run=chromium --allow-net=127.0.0.1)";
}

/** The browser's command, or undefined where none is installed. */
function findChromium(): string | undefined {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  return BINARIES.flatMap((name) => folders.map((folder) => `${folder}/${name}`)).find(isFile);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Size and colours of a window. */
export interface WindowOptions {
  readonly width: number;
  readonly height?: number;
  readonly scheme?: "light" | "dark";
}

/** A page in a browser of its own. Dispose of it. */
export class BrowserPage implements AsyncDisposable {
  /** Addresses that the page asked for, its own left out. */
  readonly requests: string[] = [];
  /** Errors and warnings on the console, exceptions, refusals of the page's policy. */
  readonly complaints: string[] = [];
  readonly #process: Deno.ChildProcess;
  readonly #socket: WebSocket;
  readonly #profile: string;
  readonly #answers = new Map<number, (value: Answer) => void>();
  readonly #events = new Map<string, () => void>();
  #calls = 0;
  #session: string | undefined;

  private constructor(process: Deno.ChildProcess, socket: WebSocket, profile: string) {
    this.#process = process;
    this.#socket = socket;
    this.#profile = profile;
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
  }

  /** Starts a browser and opens `url` in it. */
  static async open(url: string, options: WindowOptions): Promise<BrowserPage> {
    const profile = await Deno.makeTempDir({ prefix: "chromium_" });
    const process = new Deno.Command(findChromium() ?? "chromium", {
      args: [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--remote-debugging-port=0",
        `--user-data-dir=${profile}`,
        "about:blank",
      ],
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const socket = new WebSocket(await debuggingAddress(process));
    await new Promise((open, fail) => {
      socket.onopen = open;
      socket.onerror = fail;
    });
    const page = new BrowserPage(process, socket, profile);
    await page.#attach(options);
    await page.#load(url);
    return page;
  }

  async #attach({ width, height = 900, scheme = "light" }: WindowOptions): Promise<void> {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    this.#session = String(sessionId);
    for (const domain of ["Page", "Runtime", "Network", "Log"]) await this.send(`${domain}.enable`);
    await this.resize(width, height);
    const features = [{ name: "prefers-color-scheme", value: scheme }];
    await this.send("Emulation.setEmulatedMedia", { features });
  }

  /** Makes the window so large, in CSS pixels. */
  async resize(width: number, height: number = 900): Promise<void> {
    const size = { width, height, deviceScaleFactor: 1, mobile: false };
    await this.send("Emulation.setDeviceMetricsOverride", size);
  }

  async #load(url: string): Promise<void> {
    const loaded = new Promise<void>((done) => this.#events.set("Page.loadEventFired", done));
    await this.send("Page.navigate", { url });
    await loaded;
  }

  /** The value of a JavaScript expression in the page, awaited. */
  async evaluate(expression: string): Promise<unknown> {
    const answer = await this.send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (answer.exceptionDetails) throw new Error(JSON.stringify(answer.exceptionDetails));
    const { result } = answer;
    return isRecord(result) ? result.value : undefined;
  }

  /** Waits until an expression in the page holds; throws after `seconds`. */
  async until(expression: string, seconds: number = 30): Promise<void> {
    for (let tries = 0; tries < seconds * 10; tries++) {
      if (await this.evaluate(`Boolean(${expression})`)) return;
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error(`The page never came to ${expression}.`);
  }

  /** One command of the debugging protocol. */
  send(method: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const id = ++this.#calls;
    const session = this.#session === undefined ? {} : { sessionId: this.#session };
    this.#socket.send(JSON.stringify({ id, method, params, ...session }));
    return new Promise((resolve, reject) =>
      this.#answers.set(
        id,
        ({ result, error }) =>
          error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result ?? {}),
      )
    );
  }

  #receive(message: Answer & { id?: number; method?: string; params?: Record<string, unknown> }) {
    const { id, method, params = {} } = message;
    if (id !== undefined) {
      this.#answers.get(id)?.(message);
      this.#answers.delete(id);
    } else if (method !== undefined) {
      this.#events.get(method)?.();
      this.#note(method, params);
    }
  }

  #note(method: string, params: Record<string, unknown>): void {
    if (method === "Network.requestWillBeSent") {
      const url = isRecord(params.request) ? String(params.request.url) : "";
      if (params.type !== "Document" && !url.startsWith("data:")) this.requests.push(url);
    }
    const isCall = method === "Runtime.consoleAPICalled" &&
      ["error", "warning"].includes(String(params.type));
    if (isCall || method === "Runtime.exceptionThrown" || method === "Log.entryAdded") {
      this.complaints.push(JSON.stringify(params));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#session = undefined;
    await this.send("Browser.close").catch(() => {});
    this.#socket.close();
    await this.#process.status;
    await this.#process.stderr.cancel().catch(() => {});
    await Deno.remove(this.#profile, { recursive: true }).catch(() => {});
  }
}

interface Answer {
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** What the browser prints once it listens. */
async function debuggingAddress(process: Deno.ChildProcess): Promise<string> {
  const reader = process.stderr.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (true) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`Chromium ended before it listened: ${text}`);
    text += decoder.decode(value, { stream: true });
    const address = /ws:\/\/\S+/.exec(text)?.[0];
    if (address === undefined) continue;
    reader.releaseLock();
    return address;
  }
}
