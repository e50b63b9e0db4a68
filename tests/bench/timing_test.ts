import assert from "node:assert/strict";
import { type Contestant, median, timeByTurns } from "../../bench/timing.ts";

/** A contestant that claims what `claims` says, in order, and notes each turn. */
function claiming(name: string, claims: readonly number[], turns: string[]): Contestant {
  let at = 0;
  return {
    time(times) {
      turns.push(`${name}×${times}`);
      return Promise.resolve(claims[at++ % claims.length]!);
    },
  };
}

Deno.test("the median is the middle, or the mean of the two in the middle", () => {
  assert.equal(median([5]), 5);
  assert.equal(median([9, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 9]), 3);
  assert.throws(() => median([]), RangeError);
});

Deno.test("contestants take turns, each round beginning with another", async () => {
  const turns: string[] = [];
  const contestants = [claiming("a", [100], turns), claiming("b", [300], turns)];
  const times = await timeByTurns(contestants, { rounds: 3, enough: 50 });
  assert.deepEqual(times, [100, 300]);
  assert.deepEqual(turns.slice(2), ["a×1", "b×1", "b×1", "a×1", "a×1", "b×1"]);
});

Deno.test("short work is repeated until it is long enough, but not without end", async () => {
  const turns: string[] = [];
  await timeByTurns([claiming("a", [2], turns)], { rounds: 1, enough: 50 });
  assert.deepEqual(turns, ["a×1", "a×8", "a×25"]);
  turns.length = 0;
  await timeByTurns([claiming("a", [0], turns)], { rounds: 1, enough: 50 });
  assert.deepEqual(turns, ["a×1", "a×8", "a×1024"]);
});

Deno.test("the median of the rounds counts, not the calibration", async () => {
  const [ms] = await timeByTurns([claiming("a", [1000, 7, 5, 900], [])], { rounds: 3, enough: 1 });
  assert.equal(ms, 7);
});
