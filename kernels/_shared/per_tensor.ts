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
