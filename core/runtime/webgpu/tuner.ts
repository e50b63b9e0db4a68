/**
 * Chooses between a kernel's variants by measuring them, once per adapter and shape class. Until a class
 * is measured the kernel's own first choice runs; the result is kept in a file, so that later runs start
 * with it.
 * @module
 */
import type { Slot } from "../device.ts";
import type { Variants } from "../kernel.ts";

/** What measuring needs of the device. */
export interface Bench {
  allocate(bytes: number): Slot;
  release(slot: Slot): void;
  /** Records the variant `name`. */
  run(
    kernel: string,
    variants: Variants,
    run: { name: string; slots: Readonly<Record<string, Slot>> },
  ): void;
  finish(): Promise<void>;
}

interface Pending {
  readonly kernel: string;
  readonly variants: Variants;
  /** Names of those that may win. */
  readonly names: readonly string[];
  readonly bytes: Readonly<Record<string, number>>;
}

/** Each timing runs a variant until it took this long, far above the 12 ms of a wait. */
const ENOUGH_MS = 60;

/** Timings of each variant, of which the shortest counts, and how far behind one may be to be timed again. */
const ROUNDS = 3, STILL_CLOSE = 2;

/**
 * On an adapter that emulates a GPU, work on more than this stays with its first choice: one run of a
 * full-size convolution takes it many seconds, and what it prefers is known.
 */
const MOST_BYTES_ON_SOFTWARE = 16 * 2 ** 20;

/**
 * The variants that compile quickest on such an adapter, in half a second where those that are fastest later take several:
 * a run whose caches are empty begins with the first of them that a kernel has, and its first step comes half a minute
 * sooner.
 */
const QUICKEST_ON_SOFTWARE = ["small", "register"];

/**
 * The variants that are not compiled and measured on such an adapter: tiles that pass through workgroup memory, which is
 * emulated element by element, were the fastest in 2 of 400 classes, by less than timings differ; small ones are for the
 * start alone.
 */
const NEVER_ON_SOFTWARE = ["workgroup", "small"];

/** The choices, and the classes that wait to be measured. */
export class Tuner {
  readonly #file: string | undefined;
  readonly #force: (kernel: string) => string | undefined;
  readonly #isSoftware: boolean;
  readonly #choices: Map<string, string>;
  readonly #pending = new Map<string, Pending>();
  readonly #met = new Map<string, string[]>();
  #isStarting = false;

  constructor(options: { file?: string; force?: string; isSoftware?: boolean }) {
    this.#isSoftware = options.isSoftware ?? false;
    this.#file = options.file;
    this.#force = parseForced(options.force);
    this.#choices = new Map(options.file ? readChoices(options.file) : []);
  }

  /** The names of all variants that were asked for so far, by kernel. */
  get met(): ReadonlyMap<string, readonly string[]> {
    return this.#met;
  }

  /** The name of the chosen variant; `bytes` gives the tensors' sizes for measuring later. */
  pick(kernel: string, variants: Variants, bytes: () => Record<string, number>): string {
    const { candidates, first, shapeClass } = variants;
    this.#remember(kernel, variants);
    const forced = this.#force(kernel);
    if (forced !== undefined && candidates[forced]) return forced;
    // With the names, since what was best of fewer variants need not be so beside a new one.
    const key = `${kernel} ${shapeClass}: ${Object.keys(candidates).join(" ")}`;
    const choice = this.#choices.get(key);
    if (choice === undefined && this.#file && !this.#pending.has(key)) {
      const pending = { kernel, variants, names: this.#rivals(variants), bytes: bytes() };
      if (this.#isWorthwhile(pending)) this.#pending.set(key, pending);
    }
    if (choice !== undefined && candidates[choice]) return choice;
    if (!this.#isStarting || !this.#pending.has(key)) return first;
    return QUICKEST_ON_SOFTWARE.find((name) => candidates[name]) ?? first;
  }

  #rivals({ candidates }: Variants): string[] {
    const names = Object.keys(candidates);
    return this.#isSoftware ? names.filter((name) => !NEVER_ON_SOFTWARE.includes(name)) : names;
  }

  #isWorthwhile({ names, bytes }: Pending): boolean {
    const total = Object.values(bytes).reduce((sum, size) => sum + size, 0);
    return names.length > 1 && (!this.#isSoftware || total <= MOST_BYTES_ON_SOFTWARE);
  }

  #remember(kernel: string, { candidates, first }: Variants): void {
    const names = this.#met.get(kernel);
    if (!names) this.#met.set(kernel, [first]);
    const known = names ?? this.#met.get(kernel)!;
    for (const name in candidates) if (!known.includes(name)) known.push(name);
  }

  /** On a software adapter, until {@link measurePending}, picks what compiles quickest of what that will measure. */
  startQuickly(): void {
    this.#isStarting = this.#isSoftware;
  }

  /** Measures pending classes until `seconds` have passed or none is left, and saves what was learnt. */
  async measurePending(seconds: number, bench: Bench): Promise<void> {
    this.#isStarting = false;
    if (this.#pending.size === 0) return;
    const end = performance.now() + seconds * 1000;
    for (const [key, pending] of this.#pending) {
      if (performance.now() > end) break;
      this.#pending.delete(key);
      this.#choices.set(key, await fastest(pending, bench));
    }
    if (this.#file) writeChoices(this.#file, this.#choices);
  }
}

/** From `name`, for all kernels, or `kernel=name,kernel=name`: what is forced for a kernel. */
function parseForced(text = ""): (kernel: string) => string | undefined {
  const parts = text.split(",").map((part) => part.trim()).filter(Boolean);
  const everywhere = parts.find((part) => !part.includes("="));
  const byKernel = new Map(
    parts.filter((part) => part.includes("=")).map((part) => {
      const [kernel = "", name = ""] = part.split("=", 2);
      return [kernel, name] as const;
    }),
  );
  return (kernel) => byKernel.get(kernel) ?? everywhere;
}

async function fastest({ kernel, variants, names, bytes }: Pending, bench: Bench): Promise<string> {
  const slots: Record<string, Slot> = {};
  for (const name in bytes) slots[name] = bench.allocate(bytes[name]!);
  const rivals: Rival[] = [];
  for (const name of names) {
    const run = () => bench.run(kernel, variants, { name, slots });
    rivals.push({ name, run, ...await calibrate(run, bench) });
  }
  const best = await winner(rivals, bench);
  for (const slot of Object.values(slots)) bench.release(slot);
  return best;
}

/** A variant, how often a timing runs it, and the shortest time that one run took. */
interface Rival {
  readonly name: string;
  readonly run: () => void;
  readonly times: number;
  ms: number;
}

/** Times by turns those that may still win, since what else the machine does falls on one of them alone. */
async function winner(rivals: readonly Rival[], bench: Bench): Promise<string> {
  for (let round = 1; round < ROUNDS; round++) {
    const least = Math.min(...rivals.map(({ ms }) => ms));
    const close = rivals.filter(({ ms }) => ms <= least * STILL_CLOSE);
    if (close.length === 1) return close[0]!.name;
    for (const rival of close) {
      rival.ms = Math.min(rival.ms, await milliseconds(rival, bench) / rival.times);
    }
  }
  return rivals.reduce((best, rival) => rival.ms < best.ms ? rival : best).name;
}

/** The first timing of a variant: as many runs as it takes to reach {@link ENOUGH_MS}. */
async function calibrate(run: () => void, bench: Bench): Promise<{ times: number; ms: number }> {
  run(); // compiles
  await bench.finish();
  for (let times = 1;; times *= 4) {
    const ms = await milliseconds({ run, times }, bench);
    if (ms > ENOUGH_MS || times >= 256) return { times, ms: ms / times };
  }
}

async function milliseconds(
  { run, times }: { run: () => void; times: number },
  bench: Bench,
): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < times; i++) run();
  await bench.finish();
  return performance.now() - start;
}

function readChoices(file: string): [string, string][] {
  try {
    return Object.entries(JSON.parse(Deno.readTextFileSync(file)));
  } catch {
    return []; // absent or torn: it is only a cache
  }
}

function writeChoices(file: string, choices: ReadonlyMap<string, string>): void {
  const merged = Object.fromEntries([...readChoices(file), ...choices]);
  const temporary = `${file}.${Deno.pid}`;
  try {
    Deno.mkdirSync(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    Deno.writeTextFileSync(temporary, JSON.stringify(merged, null, 1));
    Deno.renameSync(temporary, file);
  } catch {
    // A cache that cannot be written costs time at the next start, nothing else.
  }
}
