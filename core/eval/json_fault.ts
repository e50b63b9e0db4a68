/**
 * Where a text stops being JSON. `JSON.parse` tells that only sometimes, and in characters.
 * @module
 */

const SPACE = /[ \t\n\r]*/y;
const SCALAR =
  // A string may not hold raw control characters.
  // deno-lint-ignore no-control-regex
  /"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** What may come next. */
type State = "value" | "first value" | "key" | "first key" | "colon" | "after value" | "end";

/**
 * The offset in bytes of UTF-8 of the first thing that is not JSON (a token's start, or the
 * text's length where it ends too early), or undefined where the text is JSON.
 */
export function jsonFaultOffset(text: string): number | undefined {
  const scanner = new Scanner(text);
  const fault = scanner.findFault();
  return fault === undefined ? undefined : new TextEncoder().encode(text.slice(0, fault)).length;
}

class Scanner {
  readonly #text: string;
  #at = 0;
  /** The brackets that are open, as the character that closes each. */
  readonly #open: ("}" | "]")[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  /** The character index of the first fault. */
  findFault(): number | undefined {
    let state: State = "value";
    while (true) {
      this.#take(SPACE);
      if (state === "end") return this.#at < this.#text.length ? this.#at : undefined;
      const next = this.#step(state);
      if (next === undefined) return this.#at;
      state = next;
    }
  }

  /** The state after the next token; undefined where that token may not stand here. */
  #step(state: Exclude<State, "end">): State | undefined {
    const c = this.#text[this.#at];
    switch (state) {
      case "colon":
        return this.#expect(":") ? "value" : undefined;
      case "key":
      case "first key":
        if (c === "}" && state === "first key") return this.#close();
        return c === '"' && this.#take(SCALAR) ? "colon" : undefined;
      case "after value":
        if (c !== undefined && c === this.#open.at(-1)) return this.#close();
        if (!this.#expect(",")) return undefined;
        return this.#open.at(-1) === "}" ? "key" : "value";
      case "first value":
        if (c === "]") return this.#close();
        return this.#value(c);
      case "value":
        return this.#value(c);
    }
  }

  #value(c: string | undefined): State | undefined {
    if (c === "{" || c === "[") {
      this.#at++;
      this.#open.push(c === "{" ? "}" : "]");
      return c === "{" ? "first key" : "first value";
    }
    return this.#take(SCALAR) ? this.#afterValue() : undefined;
  }

  #close(): State {
    this.#at++;
    this.#open.pop();
    return this.#afterValue();
  }

  #afterValue(): State {
    return this.#open.length > 0 ? "after value" : "end";
  }

  #expect(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #take(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (!match) return false;
    this.#at = pattern.lastIndex;
    return true;
  }
}
