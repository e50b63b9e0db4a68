/** Which bytes of a memory are free. */

/** Free ranges in the order of their addresses; neighbours are one. */
export class FreeRanges {
  readonly #starts: number[] = [0];
  readonly #sizes: number[];

  /** @param bytes of the memory, all of them free */
  constructor(bytes: number) {
    this.#sizes = [bytes];
  }

  /**
   * Takes the first range that is long enough, so that what is in use stays together at low addresses and the pages
   * above are never touched.
   * @param end the byte that it must not reach beyond
   * @returns its start; undefined where no range is long enough
   */
  take(bytes: number, end = Infinity): number | undefined {
    const sizes = this.#sizes, starts = this.#starts;
    for (let i = 0; i < sizes.length; i++) {
      const size = sizes[i]!;
      if (size < bytes) continue;
      const start = starts[i]!;
      if (start + bytes > end) return undefined;
      if (size === bytes) this.#remove(i);
      else {
        starts[i] = start + bytes;
        sizes[i] = size - bytes;
      }
      return start;
    }
    return undefined;
  }

  /** Takes back a range that was taken. @throws RangeError where part of it is free already */
  give(start: number, bytes: number): void {
    const starts = this.#starts, sizes = this.#sizes;
    const next = this.#firstFrom(start), before = next - 1;
    const endBefore = before < 0 ? -1 : starts[before]! + sizes[before]!;
    if (endBefore > start || start + bytes > (starts[next] ?? Infinity)) {
      throw new RangeError(
        `Bytes ${start} to ${start + bytes} of the host's memory are free already`,
      );
    }
    const joinsNext = starts[next] === start + bytes;
    const size = joinsNext ? bytes + sizes[next]! : bytes;
    if (endBefore === start) {
      sizes[before]! += size;
      if (joinsNext) this.#remove(next);
    } else if (joinsNext) {
      starts[next] = start;
      sizes[next] = size;
    } else {
      starts.splice(next, 0, start);
      sizes.splice(next, 0, size);
    }
  }

  /** The index of the first range that does not begin before `start`. */
  #firstFrom(start: number): number {
    const starts = this.#starts;
    let low = 0, high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (starts[middle]! < start) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #remove(index: number): void {
    this.#starts.splice(index, 1);
    this.#sizes.splice(index, 1);
  }
}
