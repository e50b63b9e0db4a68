/** Reuse of device memory by size buckets, with exact counts of what is live. */
import type { MemoryUse } from "./device.ts";

/** Makes and destroys raw buffers; the pool decides when. */
export interface RawMemory<B> {
  create(bytes: number): B;
  destroy(buffer: B): void;
  /** Largest buffer there is, in bytes: a bucket is cut to it; none where absent. */
  readonly maxBytes?: number;
  /**
   * True to reuse the first made of the free buffers, not the last given back, which the processor's cache may still
   * hold: steps that are alike then get the same buffers every time, and what is kept by buffer fits again.
   */
  readonly reusesFirstMade?: boolean;
}

/** A buffer that waits for reuse, and when it was given back, in releases. */
interface FreeBuffer<B> {
  readonly buffer: B;
  readonly since: number;
}

/**
 * Free buffers that may lie about beside what the busiest moment needed: this many bytes, or an eighth of that
 * moment's where it is more. Batches of ever new sizes would else pile up buckets of every size.
 */
const SLACK_BYTES = 256 * 2 ** 20;

/** From here on a buffer's waste is felt: buckets are finer. */
const LARGE_BYTES = 2 ** 20;

/** A larger free buffer is taken up to so many times the size that is asked for. */
const MOST_WASTE = 1.25;

/**
 * Rounds up to a bucket: four steps per power of two, so at most a quarter is wasted, and what the
 * next step of training asks for finds what this one gave back. Of large buffers at most a 32nd is.
 */
export function bucketBytes(bytes: number): number {
  if (bytes <= 256) return 256;
  const steps = bytes > LARGE_BYTES ? 5 : 2;
  const step = 2 ** Math.max(8, Math.floor(Math.log2(bytes - 1)) - steps);
  return Math.ceil(bytes / step) * step;
}

/**
 * A pool of buffers. What is given back stays for reuse, since WebGPU buffers that are merely dropped
 * are not collected in time. Where a new buffer would take the total above the highest live bytes so far
 * plus a slack, those that waited longest are destroyed first.
 */
export class BufferPool<B> {
  readonly #raw: RawMemory<B>;
  /** By bucket, in the order of their release: the start is destroyed. */
  readonly #free = new Map<number, FreeBuffer<B>[]>();
  /** How many buffers were made before each that is there. */
  readonly #ordinals = new Map<B, number>();
  #made = 0;
  #live = 0;
  #liveSlots = 0;
  #peak = 0;
  /** Highest live bytes ever: {@link resetPeak} does not touch it. */
  #high = 0;
  #reserved = 0;
  #releases = 0;

  constructor(raw: RawMemory<B>) {
    this.#raw = raw;
  }

  /** A buffer of at least `bytes`, and the bucket size that {@link release} wants back. */
  acquire(bytes: number): { buffer: B; bucket: number } {
    const { maxBytes = Infinity } = this.#raw;
    const exact = Math.max(bytes, Math.min(bucketBytes(bytes), maxBytes));
    const bucket = this.#bucketToReuse(exact) ?? exact;
    const buffer = this.#reuse(this.#free.get(bucket)) ?? this.#create(bucket);
    this.#live += bucket;
    this.#liveSlots += 1;
    this.#peak = Math.max(this.#peak, this.#live);
    this.#high = Math.max(this.#high, this.#live);
    return { buffer, bucket };
  }

  /** Takes a buffer back for reuse. */
  release(buffer: B, bucket: number): void {
    const kept = { buffer, since: this.#releases++ };
    const list = this.#free.get(bucket);
    if (list) list.push(kept);
    else this.#free.set(bucket, [kept]);
    this.#live -= bucket;
    this.#liveSlots -= 1;
  }

  /** Destroys all buffers that are not in use. */
  trim(): void {
    this.#trimTo(this.#live);
  }

  resetPeak(): void {
    this.#peak = this.#live;
  }

  use(): MemoryUse {
    return {
      liveBytes: this.#live,
      peakBytes: this.#peak,
      reservedBytes: this.#reserved,
      liveSlots: this.#liveSlots,
    };
  }

  #reuse(free: FreeBuffer<B>[] | undefined): B | undefined {
    if (!free || !this.#raw.reusesFirstMade) return free?.pop()?.buffer;
    let at = -1, first = Infinity;
    free.forEach(({ buffer }, i) => {
      const ordinal = this.#ordinals.get(buffer) ?? Infinity;
      if (ordinal < first) [at, first] = [i, ordinal];
    });
    return at < 0 ? undefined : free.splice(at, 1)[0]?.buffer;
  }

  /** The smallest bucket of free buffers that are large enough and not far too large. */
  #bucketToReuse(exact: number): number | undefined {
    const most = exact > LARGE_BYTES ? exact * MOST_WASTE : exact;
    for (let bucket = exact; bucket <= most; bucket = bucketBytes(bucket + 1)) {
      if (this.#free.get(bucket)?.length) return bucket;
    }
    return undefined;
  }

  #create(bucket: number): B {
    const high = Math.max(this.#high, this.#live + bucket);
    this.#trimTo(high + Math.max(SLACK_BYTES, high / 8) - bucket);
    const buffer = this.#createOrTrim(bucket);
    this.#ordinals.set(buffer, this.#made++);
    this.#reserved += bucket;
    return buffer;
  }

  #createOrTrim(bucket: number): B {
    try {
      return this.#raw.create(bucket);
    } catch (error) {
      if (this.#reserved === this.#live) throw error;
      this.trim();
      return this.#raw.create(bucket);
    }
  }

  /** Destroys free buffers, the longest unused first, until at most `bytes` are reserved or none is left. */
  #trimTo(bytes: number): void {
    while (this.#reserved > bytes) {
      const bucket = this.#longestUnused();
      if (bucket === undefined) return;
      const kept = this.#free.get(bucket)?.shift();
      if (!kept) return;
      this.#reserved -= bucket;
      this.#ordinals.delete(kept.buffer);
      this.#raw.destroy(kept.buffer);
    }
  }

  #longestUnused(): number | undefined {
    let oldest: number | undefined, since = Infinity;
    for (const [bucket, [first]] of this.#free) {
      if (first && first.since < since) [oldest, since] = [bucket, first.since];
    }
    return oldest;
  }
}
