/** The most memory that this process held. */

/** Bytes of the peak of resident memory since {@link resetPeakMemory}; null where the system does not tell. */
export function peakMemory(): number | null {
  try {
    const [, kib] = Deno.readTextFileSync("/proc/self/status").match(/^VmHWM:\s+(\d+) kB$/m) ?? [];
    return kib === undefined ? null : Number(kib) * 1024;
  } catch {
    return null;
  }
}

/**
 * Lets the peak start anew from what is held now, where the system allows it. Garbage, such as the memory of a check
 * that went before, is collected first where V8 runs with --expose-gc, as `deno task bench` lets it.
 */
export function resetPeakMemory(): void {
  const collect: unknown = Reflect.get(globalThis, "gc");
  if (typeof collect === "function") collect();
  try {
    Deno.writeTextFileSync("/proc/self/clear_refs", "5");
  } catch {
    // The peak then is the one since the process began.
  }
}
