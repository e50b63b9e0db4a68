import assert from "node:assert/strict";
import { type LivePage, LiveServer } from "../../../core/cli/live_server.ts";

const POLICY = "default-src 'none'; script-src 'sha256-AAAA'; connect-src 'self'";
const HTML = `<!doctype html><meta http-equiv="Content-Security-Policy" content="${POLICY}">`;

/** A page that remembers what it was asked. */
class FakePage implements LivePage {
  readonly asked: number[] = [];
  html = HTML;
  fails = false;

  page(): Promise<string> {
    return this.fails ? Promise.reject(new Error("no run yet")) : Promise.resolve(this.html);
  }

  update(after: number) {
    this.asked.push(after);
    return Promise.resolve({
      ...{ version: 3, status: "Iteration 1 of 2", progress: 0.5, over: false, figures: [] },
    });
  }
}

async function serving(
  body: (server: LiveServer, page: FakePage) => Promise<void>,
): Promise<void> {
  const page = new FakePage();
  await using server = new LiveServer(page, { port: 0 });
  await body(server, page);
}

/** The status line of a request with these headers, sent as it is. */
async function statusOf(server: LiveServer, headers: string): Promise<number> {
  const { port } = new URL(server.address);
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  const request = `GET / HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  const answer = await new Response(connection.readable).text();
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
}

Deno.test("the live server serves the page under its own policy, and in no frame", () =>
  serving(async (server, page) => {
    assert.match(server.address, /^http:\/\/127\.0\.0\.1:\d+\/$/);
    const response = await fetch(server.address);
    assert.equal(response.status, 200);
    assert.equal(await response.text(), HTML);
    const policyOf = (answer: Response) => answer.headers.get("content-security-policy");
    assert.equal(policyOf(response), `${POLICY}; frame-ancestors 'none'`);
    assert.equal(response.headers.get("cache-control"), "no-store");
    page.html = "<!doctype html>";
    const bare = await fetch(server.address);
    await bare.body?.cancel();
    assert.equal(policyOf(bare), "default-src 'none'; frame-ancestors 'none'");
  }));

Deno.test("the live server gives updates after the version asked for", () =>
  serving(async (server, page) => {
    const response = await fetch(`${server.address}update.json?after=2`);
    assert.deepEqual(await response.json(), {
      ...{ version: 3, status: "Iteration 1 of 2", progress: 0.5, over: false, figures: [] },
    });
    for (const query of ["", "?after=x"]) {
      await (await fetch(`${server.address}update.json${query}`)).body?.cancel();
    }
    assert.deepEqual(page.asked, [2, 0, 0]);
  }));

Deno.test("the live server refuses other hosts' names, methods and paths", () =>
  serving(async (server) => {
    const { host, port } = new URL(server.address);
    assert.equal(await statusOf(server, `Host: ${host}\r\n`), 200);
    assert.equal(await statusOf(server, `Host: localhost:${port}\r\n`), 200);
    for (const other of ["evil.example", `evil.example:${port}`, "127.0.0.1", "localhost:1"]) {
      assert.equal(await statusOf(server, `Host: ${other}\r\n`), 421, other);
    }
    const statuses: number[] = [];
    for (
      const [path, method] of [["", "POST"], ["../deno.json", "GET"], [
        "favicon.ico",
        "GET",
      ]] as const
    ) {
      const response = await fetch(server.address + path, { method });
      await response.body?.cancel();
      statuses.push(response.status);
    }
    assert.deepEqual(statuses, [405, 404, 204]);
  }));

Deno.test("a page that cannot be made is no end of the live server", () =>
  serving(async (server, page) => {
    page.fails = true;
    const failed = await fetch(server.address);
    assert.equal(failed.status, 503);
    assert.match(await failed.text(), /load it again/);
    page.fails = false;
    const response = await fetch(server.address);
    assert.equal(response.status, 200);
    await response.body?.cancel();
  }));

Deno.test("a port that is taken cannot be listened on", () =>
  serving((server) => {
    const port = Number(new URL(server.address).port);
    assert.throws(() => new LiveServer(new FakePage(), { port }), Deno.errors.AddrInUse);
    return Promise.resolve();
  }));
