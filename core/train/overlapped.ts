/** Keeps a device busy while the host looks at what it found. */
import type { Download } from "../runtime/mod.ts";

/**
 * Launches work for each item, and hands out an item with its result once the work for the next one is launched too: the
 * device computes that while the host uses the result.
 * @throws what the items, `launch` and reading throw
 */
export async function* overlapped<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  launch: (item: T) => Download<R>,
): AsyncGenerator<{ item: T; result: R }> {
  let before: { item: T; work: Download<R> } | undefined;
  for await (const item of items) {
    const work = launch(item);
    if (before) yield { item: before.item, result: await before.work.read() };
    before = { item, work };
  }
  if (before) yield { item: before.item, result: await before.work.read() };
}
