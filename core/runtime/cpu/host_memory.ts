/** The CPU device's tensors in the heap, counted. */
import type { MemoryUse } from "../device.ts";
import { giveBlock, type HostBlock, takeBlock } from "./heap.ts";

/** Blocks of devices that nobody holds any more are given back: the heap is one for all devices, and is not collected. */
const forgotten = new FinalizationRegistry<Set<HostBlock>>((blocks) => {
  for (const block of blocks) giveBlock(block);
});

/**
 * Gives out blocks of the heap. Nothing waits for reuse: ranges that are free join their neighbours, and what asks next
 * finds them, whatever its size.
 */
export class HostMemory {
  readonly #blocks = new Set<HostBlock>();
  #live = 0;
  #peak = 0;

  constructor() {
    forgotten.register(this, this.#blocks);
  }

  /** @throws RangeError where there is no memory for it */
  acquire(bytes: number): HostBlock {
    const block = takeBlock(bytes);
    this.#blocks.add(block);
    this.#live += bytes;
    this.#peak = Math.max(this.#peak, this.#live);
    return block;
  }

  /** Takes a block back. */
  release(block: HostBlock): void {
    this.#blocks.delete(block);
    this.#live -= block.bytes;
    giveBlock(block);
  }

  /** There is nothing to give back that is not in use. */
  trim(): void {}

  resetPeak(): void {
    this.#peak = this.#live;
  }

  use(): MemoryUse {
    return {
      liveBytes: this.#live,
      peakBytes: this.#peak,
      reservedBytes: this.#live,
      liveSlots: this.#blocks.size,
    };
  }
}
