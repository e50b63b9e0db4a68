/**
 * Long series of numbers made short enough to draw.
 * @module
 */

/** Points of a curve, x ascending. */
export interface Points {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** The mean of several curves, and between which values they lie. */
export interface Band extends Points {
  readonly lower: readonly number[];
  readonly upper: readonly number[];
}

/** At most this many points of a curve are put on the page. */
export const MOST_POINTS = 800;

/** Enough for any screen, and a third of the page's size. */
const DIGITS = 5;

/**
 * The series with at most `most` points: the lowest and highest of each stretch, so that no spike is
 * lost. Points that are not finite are left out.
 */
export function thin({ x, y }: Points, most: number = MOST_POINTS): Points {
  const finite = finiteIndices(y);
  const stretch = Math.ceil(finite.length / (most / 2));
  const kept = stretch <= 2 ? finite : [];
  for (let start = 0; stretch > 2 && start < finite.length; start += stretch) {
    const indices = finite.slice(start, start + stretch);
    const byValue = indices.toSorted((a, b) => (y[a] ?? 0) - (y[b] ?? 0));
    const ends = new Set([byValue[0], byValue.at(-1)].filter((i) => i !== undefined));
    kept.push(...[...ends].sort((a, b) => a - b));
  }
  return pick({ x, y }, kept);
}

/** Every n-th point of the series, so that at most `most` are left: for dots, whose cloud is what counts. */
export function sample({ x, y }: Points, most: number = MOST_POINTS): Points {
  const finite = finiteIndices(y);
  const stride = Math.ceil(finite.length / most);
  return pick({ x, y }, finite.filter((_, n) => n % stride === 0));
}

/**
 * At each point the centred mean over about a 30th of the series. Values that are not finite are
 * left out of the means; NaN where none is left.
 */
export function movingMean(y: readonly number[]): number[] {
  const reach = Math.max(1, Math.floor(y.length / 60));
  const sums = [0];
  const counts = [0];
  for (const [i, v] of y.entries()) {
    const finite = Number.isFinite(v);
    sums.push((sums[i] ?? 0) + (finite ? v : 0));
    counts.push((counts[i] ?? 0) + (finite ? 1 : 0));
  }
  return y.map((_, i) => {
    const from = Math.max(0, i - reach);
    const to = Math.min(y.length, i + reach + 1);
    return ((sums[to] ?? 0) - (sums[from] ?? 0)) / ((counts[to] ?? 0) - (counts[from] ?? 0));
  });
}

/**
 * Several curves as one: at each x the mean, least and greatest of the curves that have a finite
 * value there; at most `most` points, the last always one of them.
 */
export function meanBand(curves: readonly Points[], most: number = MOST_POINTS): Band {
  const at = new Map<number, number[]>();
  for (const { x, y } of curves) {
    for (const [i, value] of y.entries()) {
      const place = x[i];
      if (place === undefined || !Number.isFinite(value)) continue;
      const values = at.get(place);
      if (values) values.push(value);
      else at.set(place, [value]);
    }
  }
  const rows = [...at].sort(([a], [b]) => a - b);
  const stride = Math.max(1, Math.ceil(rows.length / most));
  const kept = rows.filter((_, i) => i % stride === 0 || i === rows.length - 1);
  return {
    x: kept.map(([x]) => x),
    y: kept.map(([, v]) => short(v.reduce((sum, value) => sum + value, 0) / v.length)),
    lower: kept.map(([, v]) => short(Math.min(...v))),
    upper: kept.map(([, v]) => short(Math.max(...v))),
  };
}

/** A step function: only its first point, each change and its last point. */
export function steps({ x, y }: Points): Points {
  const finite = finiteIndices(y);
  const kept = finite.filter((i, n) => n === finite.length - 1 || y[i] !== y[finite[n - 1] ?? -1]);
  return pick({ x, y }, kept);
}

/** At most `count` of the items, evenly spaced, the first and the last among them. */
export function evenly<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  const gap = (items.length - 1) / (count - 1);
  return Array.from({ length: count }, (_, i) => items[Math.round(i * gap)])
    .filter((item) => item !== undefined);
}

/** A value to the page's precision. */
export function short(value: number): number {
  return Number(value.toPrecision(DIGITS));
}

function finiteIndices(y: readonly number[]): number[] {
  return [...y.keys()].filter((i) => Number.isFinite(y[i]));
}

function pick({ x, y }: Points, indices: readonly number[]): Points {
  return {
    x: indices.map((i) => x[i] ?? NaN),
    y: indices.map((i) => short(y[i] ?? NaN)),
  };
}
