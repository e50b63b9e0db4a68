/** What a dispatch binds: ranges of buffers, checked before WebGPU sees them, so that a fault names its kernel. */
import { DeviceError } from "../errors.ts";
import type { PlanContext, View } from "../kernel.ts";
import type { StorageBinding } from "./wgsl_interface.ts";

/** A buffer range at a binding of a shader. Offset and size are in bytes. */
export interface BoundRange extends StorageBinding {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size: number;
}

/** WebGPU binds no range shorter than this: a vec4 must fit. */
const LEAST_BYTES = 16;

/**
 * The range of `view`, or of the whole slot where absent.
 * @throws DeviceError where it is longer than the adapter binds
 * @throws RangeError where the view does not lie within the tensor or does not start at the alignment
 */
export function boundRange(
  bound: {
    binding: StorageBinding;
    slot: { buffer: GPUBuffer; bytes: number };
    view: View | undefined;
  },
  run: { kernel: string; context: PlanContext },
): BoundRange {
  const { binding, slot, view } = bound;
  const { kernel, context } = run;
  const { start, end } = view ?? { start: 0, end: slot.bytes / 4 };
  const isInside = start >= 0 && start <= end && end * 4 <= slot.bytes;
  if (!isInside || start % context.offsetAlignment !== 0) {
    throw new RangeError(
      `Cannot launch ${kernel} on elements ${start} to ${end} of its tensor ${binding.name}, which has ${
        slot.bytes / 4
      }: a view starts at a multiple of ${context.offsetAlignment}`,
    );
  }
  const size = Math.max(LEAST_BYTES, (end - start) * 4);
  if (size > context.maxBindingBytes) {
    throw new DeviceError(
      `Cannot launch ${kernel} as its tensor ${binding.name} takes ${size} bytes and this adapter binds at most ${context.maxBindingBytes}; use smaller images or fewer at once, or --device cpu.`,
    );
  }
  return { ...binding, buffer: slot.buffer, offset: start * 4, size };
}

/**
 * WebGPU forbids to write what the same dispatch also binds elsewhere (a buffer as a whole for reading,
 * overlapping ranges for writing), and would refuse the whole submission with it.
 * @throws TypeError naming both tensors
 */
export function checkAliases(ranges: readonly BoundRange[], kernel: string): void {
  for (const written of ranges) {
    if (written.readOnly) continue;
    for (const other of ranges) {
      if (other === written || other.buffer !== written.buffer) continue;
      const isApart = other.offset + other.size <= written.offset ||
        written.offset + written.size <= other.offset;
      if (isApart && !other.readOnly) continue;
      throw new TypeError(
        `Cannot launch ${kernel} as it writes ${written.name}, which has the memory of ${other.name}`,
      );
    }
  }
}
