/**
 * The memory that the CPU device's tensors lie in: one of WebAssembly, so that its loops (`simd/`) reach them where they
 * are, at 64-bit addresses, as a training step may need more than the 4 GiB of 32 bits. It is reserved whole at the start,
 * since growing would detach every array over it; the system hands out pages only when they are touched.
 * @module
 */
import { FreeRanges } from "./free_ranges.ts";
import { memoryModule } from "./simd/wasm_module.ts";

/** A part of the heap, or host memory of its own where the heap has no room for it. */
export interface HostBlock {
  readonly buffer: ArrayBuffer;
  /** First byte in the buffer. */
  readonly at: number;
  readonly bytes: number;
}

/** Bytes to reserve: as many as V8 allows; a system that has no addresses to spare is asked for less and less. */
const MOST_BYTES = 2 ** 34, LEAST_BYTES = 2 ** 28;

const PAGE_BYTES = 65536;

/** Blocks begin at cache lines. */
const LINE_BYTES = 64;

/** What is left free behind a block of a page and more. */
const STAGGER_BYTES = 9 * LINE_BYTES, STAGGERED_FROM = 4096;

/** What tensors leave free: loops and products need room within the heap, tensors can lie elsewhere. */
const RESERVE = 1 / 8;

/** Arrays that a loop of `simd/` works on at most. */
export const LOOP_SLOTS = 12;

/** Elements of a slot of a loop: of a table, of sums in float64, or of a part of an array outside of the heap. */
export const SLOT_ELEMENTS = 4096;

interface Heap {
  readonly memory: WebAssembly.Memory;
  readonly buffer: ArrayBuffer;
  readonly free: FreeRanges;
  readonly slots: readonly HostBlock[];
}

let reserved: Heap | undefined;

function heap(): Heap {
  return reserved ??= reserve();
}

function reserve(): Heap {
  for (let bytes = MOST_BYTES;; bytes /= 2) {
    try {
      const { exports } = new WebAssembly.Instance(memoryModule(bytes / PAGE_BYTES));
      const memory = exports.m as WebAssembly.Memory;
      return heapOf(memory, memory.buffer as ArrayBuffer);
    } catch (error) {
      if (!(error instanceof RangeError) || bytes <= LEAST_BYTES) throw error;
    }
  }
}

function heapOf(memory: WebAssembly.Memory, buffer: ArrayBuffer): Heap {
  const free = new FreeRanges(buffer.byteLength), bytes = 8 * SLOT_ELEMENTS;
  const slots = Array.from({ length: LOOP_SLOTS }, () => ({ at: free.take(roomFor(bytes))! }));
  return { memory, buffer, free, slots: slots.map(({ at }) => ({ buffer, at, bytes })) };
}

/** The function of a module that works within the heap. */
export function functionOf(module: WebAssembly.Module): (...parameters: number[]) => void {
  const { exports } = new WebAssembly.Instance(module, { m: { m: heap().memory } });
  return exports.f as (...parameters: number[]) => void;
}

/** One of the {@link LOOP_SLOTS}, which all loops share. */
export function loopSlot(index: number): HostBlock {
  return heap().slots[index]!;
}

/** Takes `bytes` of arbitrary content. @throws RangeError where the system has no memory for it */
export function takeBlock(bytes: number): HostBlock {
  const { buffer, free } = heap();
  const at = free.take(roomFor(bytes), buffer.byteLength * (1 - RESERVE));
  return at === undefined
    ? { buffer: new ArrayBuffer(bytes), at: 0, bytes }
    : { buffer, at, bytes };
}

/** Gives a block back; nothing may use it any more. */
export function giveBlock({ buffer, at, bytes }: HostBlock): void {
  const known = heap();
  if (buffer === known.buffer) known.free.give(at, roomFor(bytes));
  // At once, as the collector, which sees none of it, lets gigabytes wait.
  else buffer.transfer(0);
}

/**
 * The address of an array's element `start`. All elements from `first` to before `end` must be the array's:
 * WebAssembly would not notice that it reaches beyond, into other tensors.
 * @throws RangeError where one is not, or where the array does not lie in the heap, as {@link heapScratch} does
 */
export function addressWithin(
  array: Float32Array,
  { start, first, end }: { start: number; first: number; end: number },
): number {
  const address = addressOf(array);
  if (address === undefined) throw new RangeError("The array does not lie in the heap");
  checkWithin(array, { first, end });
  return address + 4 * start;
}

/** @throws RangeError where not all elements from `first` to before `end` are the array's */
export function checkWithin(
  array: Float32Array,
  { first, end }: { first: number; end: number },
): void {
  if (first >= 0 && end <= array.length) return;
  throw new RangeError(`An array of ${array.length} elements has none from ${first} to ${end}`);
}

/** The first byte of an array within the heap; undefined where it lies elsewhere. */
export function addressOf(array: Float32Array): number | undefined {
  return array.buffer === heap().buffer ? array.byteOffset : undefined;
}

let scratch: HostBlock | undefined;

/**
 * At least so many float32 of arbitrary content within the heap, the same for everybody and only until the next call.
 * @throws RangeError where the heap has no room for them
 */
export function heapScratch(size: number): Float32Array<ArrayBuffer> {
  const bytes = 4 * size;
  if (!scratch || scratch.bytes < bytes) {
    const { buffer, free } = heap();
    if (scratch) giveBlock(scratch);
    scratch = undefined;
    const at = free.take(roomFor(bytes));
    if (at === undefined) {
      throw new RangeError(
        `There is no room for ${Math.ceil(bytes / 2 ** 20)} MiB of scratch memory`,
      );
    }
    scratch = { buffer, at, bytes };
  }
  return floatsOf(scratch);
}

function floatsOf({ buffer, at, bytes }: HostBlock): Float32Array<ArrayBuffer> {
  return new Float32Array(buffer, at, bytes / 4);
}

/**
 * Bytes that a block takes up, with some behind it: tensors of powers of two would else all begin at
 * addresses equal modulo 4 KiB, where a store holds up the loads of what only looks like the same place.
 */
function roomFor(bytes: number): number {
  const lines = Math.max(1, Math.ceil(bytes / LINE_BYTES)) * LINE_BYTES;
  return bytes < STAGGERED_FROM ? lines : lines + STAGGER_BYTES;
}
