/**
 * Whether runs differ by more than their seeds do.
 *
 * Student's t, paired over seeds where they pair, Welch's otherwise. Its distribution function is
 * the regularised incomplete beta function, computed by Lentz's continued fraction (Press et al.,
 * Numerical Recipes, §6.4).
 * @module
 */

/** A few values and what they tell. */
export interface Spread {
  readonly n: number;
  readonly mean: number;
  /** The sample standard deviation (n − 1); undefined for one value. */
  readonly deviation: number | undefined;
}

/** A difference of means, b − a, and what chance may have done to it. */
export interface Difference {
  readonly mean: number;
  /** True where each value was subtracted from that of the same seed. */
  readonly paired: boolean;
  /** Pairs, or values of the smaller side. */
  readonly n: number;
  /** Sample standard deviation of the pairs' differences; undefined where not paired. */
  readonly deviation: number | undefined;
  /** The t interval; undefined where one seed leaves the noise unknown. */
  readonly interval: readonly [number, number] | undefined;
  /** Two-sided; undefined as the interval is. */
  readonly p: number | undefined;
}

/** A seed's value; undefined where the run does not know its seed. */
export interface Seeded {
  readonly seed: number | undefined;
  readonly value: number;
}

/** How sure intervals are, unless said otherwise. */
export const CONFIDENCE = 0.95;

/** Mean and sample standard deviation of at least one value. */
export function spreadOf(values: readonly number[]): Spread {
  const n = values.length;
  const mean = values.reduce((sum, v) => sum + v, 0) / n;
  if (n < 2) return { n, mean, deviation: undefined };
  const squares = values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  return { n, mean, deviation: Math.sqrt(squares / (n - 1)) };
}

/** How much `b` lies above `a`, both of at least one value and each seed at most once. */
export function compare(
  a: readonly Seeded[],
  b: readonly Seeded[],
  { confidence = CONFIDENCE }: { readonly confidence?: number } = {},
): Difference {
  const pairs = b.flatMap(({ seed, value }) => {
    const partner = a.find((other) => seed !== undefined && other.seed === seed);
    return partner ? [value - partner.value] : [];
  });
  return pairs.length >= 2 || (pairs.length === 1 && a.length === 1 && b.length === 1)
    ? paired(pairs, confidence)
    : unpaired({ a: a.map((s) => s.value), b: b.map((s) => s.value) }, confidence);
}

function paired(differences: readonly number[], confidence: number): Difference {
  const { n, mean, deviation } = spreadOf(differences);
  const error = deviation === undefined ? undefined : deviation / Math.sqrt(n);
  return {
    mean,
    paired: true,
    n,
    deviation,
    ...judge(mean, error, { freedom: n - 1, confidence }),
  };
}

/** Welch's: the sides may vary differently. */
function unpaired(
  { a, b }: { readonly a: readonly number[]; readonly b: readonly number[] },
  confidence: number,
): Difference {
  const [left, right] = [spreadOf(a), spreadOf(b)];
  const mean = right.mean - left.mean;
  const n = Math.min(left.n, right.n);
  const base = { mean, paired: false, n, deviation: undefined };
  if (left.deviation === undefined || right.deviation === undefined) {
    return { ...base, ...judge(mean, undefined, { freedom: 0, confidence }) };
  }
  const [va, vb] = [left.deviation ** 2 / left.n, right.deviation ** 2 / right.n];
  const freedom = va + vb === 0
    ? left.n + right.n - 2
    : (va + vb) ** 2 / (va ** 2 / (left.n - 1) + vb ** 2 / (right.n - 1));
  return { ...base, ...judge(mean, Math.sqrt(va + vb), { freedom, confidence }) };
}

function judge(
  mean: number,
  error: number | undefined,
  { freedom, confidence }: { readonly freedom: number; readonly confidence: number },
): Pick<Difference, "interval" | "p"> {
  if (error === undefined) return { interval: undefined, p: undefined };
  const reach = error * tQuantile(confidence, freedom);
  const p = error === 0 ? (mean === 0 ? 1 : 0) : tailsBeyond(mean / error, freedom);
  return { interval: [mean - reach, mean + reach], p };
}

/** The chance of a |t| at least as large, with `freedom` degrees of freedom. */
export function tailsBeyond(t: number, freedom: number): number {
  return incompleteBeta(freedom / (freedom + t * t), freedom / 2);
}

/** The t that |t| stays below with the chance `confidence`. */
export function tQuantile(confidence: number, freedom: number): number {
  let [low, high] = [0, 1];
  while (tailsBeyond(high, freedom) > 1 - confidence) high *= 2;
  for (let step = 0; step < 80; step++) {
    const middle = (low + high) / 2;
    if (tailsBeyond(middle, freedom) > 1 - confidence) low = middle;
    else high = middle;
  }
  return high;
}

/** I_x(a, 1/2), regularised. */
function incompleteBeta(x: number, a: number): number {
  const b = 0.5;
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const scale = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x),
  );
  return x < (a + 1) / (a + b + 2)
    ? scale * fraction(x, { a, b }) / a
    : 1 - scale * fraction(1 - x, { a: b, b: a }) / b;
}

/** The continued fraction of the incomplete beta function. */
function fraction(x: number, { a, b }: { a: number; b: number }): number {
  const tiny = 1e-300;
  const safe = (v: number) => Math.abs(v) < tiny ? tiny : v;
  let c = 1;
  let d = 1 / safe(1 - (a + b) * x / (a + 1));
  let value = d;
  for (let m = 1; m <= 300; m++) {
    const even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / safe(1 + even * d);
    c = safe(1 + even / c);
    value *= d * c;
    const odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / safe(1 + odd * d);
    c = safe(1 + odd / c);
    const step = d * c;
    value *= step;
    if (Math.abs(step - 1) < 1e-14) break;
  }
  return value;
}

/** ln Γ(x) for x > 0: Stirling's series after shifting x up. */
function logGamma(x: number): number {
  let shift = 0;
  let z = x;
  for (; z < 12; z++) shift += Math.log(z);
  const inverse = 1 / (z * z);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / z;
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series - shift;
}
