/** Dispatch plans of elementwise kernels with tables by channel that work on vectors of four channels. */
import {
  alignedView,
  ceilDiv,
  type Dispatch,
  gridFor,
  type PlanContext,
  type Shader,
  splitRange,
  type View,
} from "../../core/runtime/mod.ts";

/** Vectors of four that an invocation works on, and invocations of a workgroup. */
const VECTORS = 4;
const WORKGROUP = 64;

/** A tensor [N, H, W, C] whose tables [T, C] have a row per image, or one row where imageSize is the size. */
export interface ChannelExtent {
  /** Elements of the tensor. */
  readonly size: number;
  readonly channels: number;
  /** Elements that share a row of the tables. */
  readonly imageSize: number;
}

/**
 * Dispatches of `shader`, before which channel_blocks.wgsl stands, over a tensor; undefined where its channels are
 * no vectors of four, or a table per image meets a tensor larger than a binding. `split` names the tensors of
 * `size`; `relu` and `option` are the shader's.
 */
export function channelBlocks(
  shader: Shader,
  { size, channels, imageSize }: ChannelExtent,
  options: {
    context: PlanContext;
    split: readonly string[];
    relu?: boolean;
    option?: boolean;
  },
): Dispatch[] | undefined {
  const { context, split, relu = false, option = false } = options;
  if (channels % 4 !== 0 || size === 0) return undefined;
  const parts = splitRange(size, channels, context);
  if (parts.length > 1 && imageSize !== size) return undefined;
  const quads = channels / 4, stride = quads * ceilDiv(WORKGROUP, quads);
  return parts.map(({ start, end }): Dispatch => {
    const { view, base } = alignedView(start, end, context);
    const images = parts.length > 1 ? 1 : size / imageSize;
    const vectors = (end - start) / images / 4;
    const blocks = ceilDiv(vectors, VECTORS * stride);
    const { grid, rowLength } = gridFor(images * blocks * stride, WORKGROUP);
    const extent = { base: base / 4, row: rowLength, images, vectors, blocks, stride, quads };
    const views: Record<string, View> = {};
    for (const name of split) views[name] = view;
    return {
      shader,
      uniforms: { ...extent, relu: Number(relu), option: Number(option) },
      grid,
      views,
    };
  });
}
