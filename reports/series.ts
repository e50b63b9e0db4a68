/**
 * Long series of numbers made short enough to draw.
 * @module
 */

/** Points of a curve, x ascending. */
export interface Points {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** At most this many points of a curve are put on the page. */
const MOST_POINTS = 800;

/** Enough for any screen, and a third of the page's size. */
const DIGITS = 5;

/**
 * The series with at most 800 points: the lowest and highest of each stretch, so that no spike is
 * lost. Points that are not finite are left out.
 */
export function thin({ x, y }: Points): Points {
  const finite = [...x.keys()].filter((i) => Number.isFinite(y[i]));
  const stretch = Math.ceil(finite.length / (MOST_POINTS / 2));
  const kept = stretch <= 2 ? finite : [];
  for (let start = 0; stretch > 2 && start < finite.length; start += stretch) {
    const indices = finite.slice(start, start + stretch);
    const byValue = indices.toSorted((a, b) => (y[a] ?? 0) - (y[b] ?? 0));
    const ends = new Set([byValue[0], byValue.at(-1)].filter((i) => i !== undefined));
    kept.push(...[...ends].sort((a, b) => a - b));
  }
  return pick({ x, y }, kept);
}

/** Every n-th point of the series, so that at most 800 are left: for dots, whose cloud is what counts. */
export function sample({ x, y }: Points): Points {
  const finite = [...x.keys()].filter((i) => Number.isFinite(y[i]));
  const stride = Math.ceil(finite.length / MOST_POINTS);
  return pick({ x, y }, finite.filter((_, n) => n % stride === 0));
}

/**
 * The centred moving mean over about a 30th of the series, at most 800 points. Points that are
 * not finite are left out of the means.
 */
export function smooth({ x, y }: Points): Points {
  const reach = Math.max(1, Math.floor(y.length / 60));
  const sums = [0];
  const counts = [0];
  for (const [i, v] of y.entries()) {
    const finite = Number.isFinite(v);
    sums.push((sums[i] ?? 0) + (finite ? v : 0));
    counts.push((counts[i] ?? 0) + (finite ? 1 : 0));
  }
  const means = y.map((_, i) => {
    const from = Math.max(0, i - reach);
    const to = Math.min(y.length, i + reach + 1);
    return ((sums[to] ?? 0) - (sums[from] ?? 0)) / ((counts[to] ?? 0) - (counts[from] ?? 0));
  });
  const stride = Math.ceil(y.length / MOST_POINTS);
  const last = y.length - 1;
  const kept = [...y.keys()].filter((i) =>
    (i % stride === 0 || i === last) && Number.isFinite(means[i])
  );
  return pick({ x, y: means }, kept);
}

/** A step function: only its first point, each change and its last point. */
export function steps({ x, y }: Points): Points {
  const finite = [...x.keys()].filter((i) => Number.isFinite(y[i]));
  const kept = finite.filter((i, n) => n === finite.length - 1 || y[i] !== y[finite[n - 1] ?? -1]);
  return pick({ x, y }, kept);
}

function pick({ x, y }: Points, indices: readonly number[]): Points {
  return {
    x: indices.map((i) => x[i] ?? NaN),
    y: indices.map((i) => Number((y[i] ?? NaN).toPrecision(DIGITS))),
  };
}
