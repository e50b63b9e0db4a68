/** `cblas_sgemm` by FFI: OpenBLAS on Linux, Accelerate on macOS, nothing where neither is found. */
const BLAS_CANDIDATES = ["libopenblas.so.0"];

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
} as const;

type Sgemm = Deno.DynamicLibrary<typeof symbols>["symbols"]["cblas_sgemm"];

let loaded: { sgemm: Sgemm; path: string } | null | undefined;

/** The library's `cblas_sgemm` and where it was found; null where there is none. Loaded once. */
export function blas(): { sgemm: Sgemm; path: string } | null {
  if (loaded !== undefined) return loaded;
  loaded = null;
  for (const path of BLAS_CANDIDATES) {
    try {
      loaded = { sgemm: Deno.dlopen(path, symbols).symbols.cblas_sgemm, path };
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
