/** The terminal: one line that is redrawn (the progress bar), and lines above it. */
import type { CommandContext } from "./options.ts";

/** Progress lines start with this; a terminal shows the bar instead of them. */
const PROGRESS_LINE = "eta: ";

/** Writes lines and a bar to stderr so that they do not garble each other. */
export class Terminal {
  readonly #encoder = new TextEncoder();
  readonly #isTerminal: boolean;
  readonly #note: (line: string) => void;
  #bar = "";

  constructor({ isTerminal, note }: Pick<CommandContext, "isTerminal" | "note">) {
    this.#isTerminal = isTerminal;
    this.#note = note;
  }

  /** A line of text, above the bar. */
  line(text: string): void {
    if (!this.#isTerminal) this.#note(text);
    else if (!text.startsWith(PROGRESS_LINE)) this.#write(`\r\x1b[K${text}\n${this.#bar}`);
  }

  /** Redraws the bar; undefined where stderr is no terminal. */
  get draw(): ((text: string) => void) | undefined {
    if (!this.#isTerminal) return undefined;
    return (text) => {
      this.#bar = text.slice(0, Deno.consoleSize().columns - 1);
      this.#write(`\r\x1b[K${this.#bar}`);
    };
  }

  /** Leaves the bar where it is and goes on below it. */
  endBar(): void {
    if (this.#bar !== "") this.#write("\n");
    this.#bar = "";
  }

  #write(text: string): void {
    const bytes = this.#encoder.encode(text);
    for (let written = 0; written < bytes.length;) {
      written += Deno.stderr.writeSync(bytes.subarray(written));
    }
  }
}
