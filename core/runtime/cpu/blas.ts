/** `cblas_sgemm` by FFI: OpenBLAS on Linux, Accelerate on macOS, nothing where neither is found. */
import { BLAS_CANDIDATES } from "../probe.ts";

const symbols = {
  cblas_sgemm: {
    parameters: [
      "i32",
      "i32",
      "i32", // order, transA, transB
      "i32",
      "i32",
      "i32", // m, n, k
      "f32",
      "buffer",
      "i32",
      "buffer",
      "i32", // alpha, a, lda, b, ldb
      "f32",
      "buffer",
      "i32", // beta, c, ldc
    ],
    result: "void",
  },
  // OpenBLAS alone has these.
  openblas_get_num_threads: { parameters: [], result: "i32", optional: true },
  openblas_set_num_threads: { parameters: ["i32"], result: "void", optional: true },
} as const;

type Symbols = Deno.DynamicLibrary<typeof symbols>["symbols"];

/** A BLAS library. */
export interface Blas {
  readonly sgemm: Symbols["cblas_sgemm"];
  readonly path: string;
  /** Threads that the library would use of its own accord; 1 where it does not say. */
  readonly threads: number;
  /** Sets how many threads the next products use; null where the library decides alone. */
  readonly setThreads: Symbols["openblas_set_num_threads"];
}

let loaded: Blas | null | undefined;

/** The library's `cblas_sgemm` and where it was found; null where there is none. Loaded once. */
export function blas(): Blas | null {
  if (loaded !== undefined) return loaded;
  loaded = null;
  for (const path of BLAS_CANDIDATES) {
    try {
      const library = Deno.dlopen(path, symbols).symbols;
      loaded = {
        sgemm: library.cblas_sgemm,
        path,
        threads: library.openblas_get_num_threads?.() ?? 1,
        setThreads: library.openblas_set_num_threads,
      };
      break;
    } catch {
      // Not on this system: the next candidate may be.
    }
  }
  return loaded;
}

/** Forgets the library, so that {@link gemm} runs its own loops: for tests of that path. */
export function withoutBlas<R>(body: () => R): R {
  const before = loaded;
  loaded = null;
  try {
    return body();
  } finally {
    loaded = before;
  }
}
