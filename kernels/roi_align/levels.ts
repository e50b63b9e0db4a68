/**
 * Which pyramid level an RoI is pooled from, decided by its area alone.
 *
 * The original (`det_opr/poolers.py`, LevelMapper) computes floor(4 + log2(√area / 224 + 1e-6)) in float32.
 * Every step of that grows with the area, so each level begins at one exact float32 area; a GPU's loose
 * logarithm is not asked, and all devices agree.
 * @module
 */

const { fround } = Math;

/** Largest float32. */
const LARGEST = 3.4028234663852886e38;

/** Side and level that the rule starts from. */
const CANONICAL_SIDE = 224, CANONICAL_LEVEL = 4, EPSILON = fround(1e-6);

/** One level's inclusive areas in pixels: from ≤ area < to. The first level also takes what is no number. */
export interface AreaRange {
  readonly from: number;
  readonly to: number;
}

/** The original's level number of an inclusive area, each step rounded to float32. */
export function levelOfArea(area: number): number {
  const ratio = fround(fround(fround(Math.sqrt(area)) / CANONICAL_SIDE) + EPSILON);
  return Math.floor(fround(CANONICAL_LEVEL + fround(Math.log2(ratio))));
}

/**
 * Areas per level of a pyramid with these scales.
 * @param scales feature pixels per image pixel, each half of the one before: 1/4, 1/8, …
 * @throws RangeError for other scales
 */
export function areaRanges(scales: readonly number[]): AreaRange[] {
  const levels = scales.map((scale) => -Math.log2(scale));
  const ok = levels.every((level, i) => Number.isInteger(level) && level === levels[0]! + i);
  if (!ok || levels.length === 0) {
    throw new RangeError(
      `Cannot pool RoIs as scales must be powers of two, each half of the one before: [${scales}]`,
    );
  }
  const starts = levels.map((level, i) => i === 0 ? -LARGEST : smallestArea(level));
  return starts.map((from, i) => ({ from, to: starts[i + 1] ?? LARGEST }));
}

/** The smallest float32 area whose level is at least `level`: by bisection over the bits of floats. */
function smallestArea(level: number): number {
  const float = new Float32Array(1), bits = new Uint32Array(float.buffer);
  let below = 0, reached = 0x7f7fffff;
  while (reached - below > 1) {
    const middle = Math.floor((below + reached) / 2);
    bits[0] = middle;
    if (levelOfArea(float[0]!) >= level) reached = middle;
    else below = middle;
  }
  bits[0] = reached;
  return float[0]!;
}
