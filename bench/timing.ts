/** Timing by turns: every contestant once a round, so that what disturbs the machine disturbs all alike. */

/** Something that can be run and timed. */
export interface Contestant {
  /** Runs it so often. @returns milliseconds of one run */
  time(times: number): Promise<number>;
}

/** How long and how often. */
export interface Rounds {
  /** Rounds of which the median counts; at least 1. */
  readonly rounds: number;
  /** A timing repeats its work until it takes this long, far above the 12 ms of a wait for a GPU. */
  readonly enough: number;
}

/** No timing repeats its work more often. */
const MOST_TIMES = 1024;

/** Median milliseconds of one run of each contestant, in their order. */
export async function timeByTurns(
  contestants: readonly Contestant[],
  { rounds, enough }: Rounds,
): Promise<number[]> {
  const times: number[] = [];
  for (const contestant of contestants) times.push(await repetitions(contestant, enough));
  const measured = contestants.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      // Each round begins with another, so that nobody always follows the same one.
      const i = (turn + round) % contestants.length;
      measured[i]!.push(await contestants[i]!.time(times[i]!));
    }
  }
  return measured.map(median);
}

/** How often to run a contestant so that it takes `enough` milliseconds; it is warm afterwards. */
async function repetitions(contestant: Contestant, enough: number): Promise<number> {
  const first = await contestant.time(1);
  if (first >= enough) return 1;
  const few = Math.min(8, Math.ceil(enough / Math.max(first, 0.001)));
  const ms = await contestant.time(few);
  return Math.min(MOST_TIMES, Math.max(1, Math.ceil(enough / Math.max(ms, 0.001))));
}

/** The middle of some numbers, or the mean of the two in the middle. @throws RangeError where there are none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("Cannot take the median of no numbers");
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
