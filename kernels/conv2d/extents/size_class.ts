/** Classes of matrix products within which one measured choice of kernel holds. */

/** `m · k` times `k · n`, each rounded to a power of two. */
export function sizeClass({ m, n, k }: { m: number; n: number; k: number }): string {
  return `m${log2(m)} n${log2(n)} k${log2(k)}`;
}

function log2(value: number): number {
  return Math.round(Math.log2(Math.max(1, value)));
}
