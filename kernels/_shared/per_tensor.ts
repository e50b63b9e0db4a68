/** WGSL of kernels that take some tensors at a time: a shader cannot choose between bindings by a number. */

/**
 * The WGSL text with what stands between a line `//EACH` and a line `//END` written `count` times, in which `#` is the
 * number of the tensor, from 0.
 */
export function perTensor(source: string, count: number): string {
  return source.replace(
    /^ *\/\/EACH\n(.*?)^ *\/\/END\n/gms,
    (_, lines: string) =>
      Array.from({ length: count }, (_, n) => lines.replaceAll("#", `${n}`)).join(""),
  );
}

/** `names` numbered from 0 to `count`, with the type of f32 tensors: a part of a kernel's signature. */
export function numbered(names: readonly string[], count: number): Record<string, "f32"> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, n) => names.map((name) => [`${name}${n}`, "f32"] as const))
      .flat(),
  );
}

/** Numbers that WGSL reads at once of tensors of these sizes. */
export function unitOf(sizes: readonly number[]): 1 | 4 {
  for (let i = 0; i < sizes.length; i++) if (sizes[i]! % 4 !== 0) return 1;
  return 4;
}

/**
 * Blocks of up to `block` values of tensors of these sizes, of one after the other: their number, and the uniforms
 * `start#`, a tensor's first block, and `size#` for `count` tensors, of which those past the sizes have none.
 */
export function blocksOf(
  sizes: readonly number[],
  { count, block }: { readonly count: number; readonly block: number },
): { blocks: number; extents: Record<string, number> } {
  const extents: Record<string, number> = {};
  let blocks = 0;
  for (let n = 0; n < count; n++) {
    const size = sizes[n] ?? 0;
    extents[`start${n}`] = blocks;
    extents[`size${n}`] = size;
    blocks += Math.ceil(size / block);
  }
  return { blocks, extents };
}
