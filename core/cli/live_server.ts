/** The live page's server: for this machine alone, and for browsers that asked it by its own name. @module */
import type { LiveUpdate } from "../../reports/types.ts";

/** What the server shows. */
export interface LivePage {
  /** The page as HTML, with its Content-Security-Policy in a meta element. */
  page(): Promise<string>;
  /** What changed since version `after`. */
  update(after: number): Promise<LiveUpdate>;
}

/** The only interface that is listened on. */
const HOSTNAME = "127.0.0.1";

/** A server that is listening. */
export class LiveServer implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #hosts: ReadonlySet<string>;
  readonly #page: LivePage;

  /**
   * Listens on 127.0.0.1.
   * @param options.port 0 takes one of the system's choice
   * @throws Deno.errors.AddrInUse where the port is taken
   */
  constructor(page: LivePage, { port }: { readonly port: number }) {
    this.#page = page;
    this.#server = Deno.serve({
      hostname: HOSTNAME,
      port,
      onListen: () => {},
      // As before the run has written anything, or while a file is being replaced.
      onError: () => plain(503, "There is no page yet; load it again in a moment."),
    }, (request) => this.#answer(request));
    const taken = this.#server.addr.port;
    this.#hosts = new Set([`${HOSTNAME}:${taken}`, `localhost:${taken}`]);
  }

  /** Where to point a browser. */
  get address(): string {
    return `http://${HOSTNAME}:${this.#server.addr.port}/`;
  }

  /** Ends what is being answered and stops listening. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    // A page of elsewhere whose name was made to lead here (DNS rebinding) asks by that name.
    if (!this.#hosts.has(request.headers.get("host") ?? "")) {
      return plain(421, "Ask for this page by its own address.");
    }
    if (request.method !== "GET" && request.method !== "HEAD") return plain(405, "Only GET.");
    const { pathname, searchParams } = new URL(request.url);
    switch (pathname) {
      case "/":
        return htmlResponse(await this.#page.page());
      case "/update.json":
        return Response.json(await this.#page.update(Number(searchParams.get("after") ?? 0) || 0), {
          headers: COMMON_HEADERS,
        });
      case "/favicon.ico":
        // Browsers ask of themselves, and would log an error.
        return new Response(null, { status: 204, headers: COMMON_HEADERS });
      default:
        return plain(404, "There is nothing here.");
    }
  }
}

const COMMON_HEADERS = {
  "cache-control": "no-store",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

function plain(status: number, text: string): Response {
  const headers = { ...COMMON_HEADERS, "content-type": "text/plain; charset=utf-8" };
  return new Response(`${text}\n`, { status, headers });
}

function htmlResponse(html: string): Response {
  // The page brings its policy; told by the server it holds from the first byte, and keeps the page out of frames.
  const own = /<meta http-equiv="Content-Security-Policy" content="(?<policy>[^"]*)">/.exec(html);
  const policy = own?.groups?.policy ?? "default-src 'none'";
  return new Response(html, {
    headers: {
      ...COMMON_HEADERS,
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": `${policy}; frame-ancestors 'none'`,
    },
  });
}
