/** Decoded images kept in memory, so that a small set is decoded once. @module */

import type { DecodedImage } from "./image.ts";

/**
 * Keeps images until `maxBytes` of pixels are held and takes no more from then on: with random
 * access to a set that does not fit, that serves as many hits as throwing out old ones would.
 */
export class ImageCache {
  readonly #images = new Map<number, DecodedImage>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of pixels held. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The image kept under `index`, if any. Its pixels are shared: read them only. */
  get(index: number): DecodedImage | undefined {
    return this.#images.get(index);
  }

  /** Keeps `image` under `index` where there is room. */
  offer(index: number, image: DecodedImage): void {
    const size = image.pixels.byteLength;
    if (this.#images.has(index) || this.#bytes + size > this.#maxBytes) return;
    this.#images.set(index, image);
    this.#bytes += size;
  }
}
