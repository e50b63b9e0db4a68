/** Marks what a cut takes, over typed arrays; the contract is in select_mask.wgsl. */

/** out = 1 where the row's cut takes the key, else 0. */
export function selectMask(
  { keys, cuts, out }: { keys: Uint32Array; cuts: Uint32Array; out: Int32Array },
  { size, length }: { size: number; length: number },
): void {
  for (let at = 0, row = 0; at < size; row++) {
    const cutKey = cuts[row * 4]!, end = cuts[row * 4 + 1]!;
    for (let i = 0; i < length; i++, at++) {
      const key = keys[at]!;
      out[at] = key > cutKey || (key === cutKey && i < end) ? 1 : 0;
    }
  }
}
