/** Reuse of device memory by size buckets, with exact counts of what is live. */
import type { MemoryUse } from "./device.ts";

/** Makes and destroys raw buffers; the pool decides when. */
export interface RawMemory<B> {
  create(bytes: number): B;
  destroy(buffer: B): void;
}

/**
 * Rounds up to a bucket: four steps per power of two, so at most a quarter is wasted, and what the
 * next step of training asks for finds what this one gave back.
 */
export function bucketBytes(bytes: number): number {
  if (bytes <= 256) return 256;
  const step = 2 ** Math.max(8, Math.floor(Math.log2(bytes - 1)) - 2);
  return Math.ceil(bytes / step) * step;
}

/**
 * A pool of buffers. Nothing is given back to the system until {@link trim} or an allocation that
 * fails, since WebGPU buffers that are merely dropped are not collected in time.
 */
export class BufferPool<B> {
  readonly #raw: RawMemory<B>;
  readonly #free = new Map<number, B[]>();
  #live = 0;
  #liveSlots = 0;
  #peak = 0;
  #reserved = 0;

  constructor(raw: RawMemory<B>) {
    this.#raw = raw;
  }

  /** A buffer of at least `bytes`, and the bucket size that {@link release} wants back. */
  acquire(bytes: number): { buffer: B; bucket: number } {
    const bucket = bucketBytes(bytes);
    const kept = this.#free.get(bucket)?.pop();
    const buffer = kept ?? this.#createOrTrim(bucket);
    this.#live += bucket;
    this.#liveSlots += 1;
    this.#peak = Math.max(this.#peak, this.#live);
    return { buffer, bucket };
  }

  /** Takes a buffer back for reuse. */
  release(buffer: B, bucket: number): void {
    const list = this.#free.get(bucket);
    if (list) list.push(buffer);
    else this.#free.set(bucket, [buffer]);
    this.#live -= bucket;
    this.#liveSlots -= 1;
  }

  /** Destroys all buffers that are not in use. */
  trim(): void {
    for (const [bucket, buffers] of this.#free) {
      for (const buffer of buffers) this.#raw.destroy(buffer);
      this.#reserved -= bucket * buffers.length;
    }
    this.#free.clear();
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

  #createOrTrim(bucket: number): B {
    let buffer: B;
    try {
      buffer = this.#raw.create(bucket);
    } catch (error) {
      if (this.#free.size === 0) throw error;
      this.trim();
      buffer = this.#raw.create(bucket);
    }
    this.#reserved += bucket;
    return buffer;
  }
}
