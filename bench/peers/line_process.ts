/** A process that answers JSON documents, one a line; its answers begin with `@`. */
import { TextLineStream } from "./text_lines.ts";

/** A child process to ask. */
export class LineProcess {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #errors: Promise<string>;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#writer = child.stdin.getWriter();
    this.#lines = child.stdout
      .pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream()).getReader();
    this.#errors = new Response(child.stderr).text();
  }

  /** Starts a program, or says why it cannot. */
  static start(
    program: string,
    args: readonly string[],
  ): LineProcess | { readonly missing: string } {
    try {
      const streams = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
      return new LineProcess(new Deno.Command(program, { args: [...args], ...streams }).spawn());
    } catch (error) {
      return { missing: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Its answer. @throws Error where it ended instead */
  async ask<Answer>(request: unknown): Promise<Answer> {
    try {
      await this.#writer.write(new TextEncoder().encode(`${JSON.stringify(request)}\n`));
    } catch {
      throw new Error("it has ended");
    }
    for (;;) {
      const { value, done } = await this.#lines.read();
      if (done) throw new Error("it has ended");
      // Libraries print notes of their own; answers are marked.
      if (value.startsWith("@")) return JSON.parse(value.slice(1));
    }
  }

  /** The last line that it wrote to stderr, once it has ended. */
  async lastError(): Promise<string> {
    // deno-lint-ignore no-control-regex
    const text = (await this.#errors).replace(/\x1b\[[0-9;]*m/g, "");
    return text.trim().split("\n").at(-1)?.trim() ?? "";
  }

  /** Ends the process. */
  async close(): Promise<void> {
    await this.#writer.close().catch(() => {});
    try {
      this.#child.kill();
    } catch {
      // It has ended by itself.
    }
    await this.#child.status;
    await this.#lines.cancel().catch(() => {});
    await this.#errors;
  }
}

/** Answers what is asked on stdin until that ends; an error is told instead of an answer. */
export async function answerLines<Request>(
  answer: (request: Request) => Promise<unknown>,
): Promise<void> {
  const lines = Deno.stdin.readable
    .pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
  for await (const line of lines) {
    const reply = await answer(JSON.parse(line)).catch((error) => ({
      error: error instanceof Error ? error.message : String(error),
    }));
    console.log(`@${JSON.stringify(reply)}`);
  }
}
