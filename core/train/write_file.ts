/** Files that are whole or not there. @module */

/**
 * Writes a file so that at every moment `path` is either the old file or the whole new one: to a
 * temporary file beside it, flushed to the disk, then renamed.
 * @param write gets the file, open and empty; where it throws, `path` stays and nothing is left over
 */
export async function writeFileAtomically(
  path: string,
  write: (file: Deno.FsFile) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.tmp-${Deno.pid}`;
  try {
    using file = await Deno.open(temporary, { write: true, create: true, truncate: true });
    await write(file);
    await file.syncData();
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

/** Writes all of `bytes` where the file stands. */
export async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await file.write(bytes.subarray(written));
  }
}
