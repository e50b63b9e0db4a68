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
import source from "./channel_blocks.wgsl" with { type: "text" };

/**
 * Vectors of four that an invocation works on at most, and invocations of a workgroup. A software adapter computes 8
 * invocations at a time, and quickest by a short loop that runs often.
 */
const EXTENTS = { gpu: { most: 4, lanes: 64 }, software: { most: 32, lanes: 8 } };

/** One text with the workgroups of either adapter. */
export interface BlockShaders {
  readonly gpu: Shader;
  readonly software: Shader;
}

/** The shaders of a text, before which channel_blocks.wgsl is put. */
export function blockShaders(text: string): BlockShaders {
  const shader = (lanes: number) => ({ source: source + text, constants: { LANES: lanes } });
  return { gpu: shader(EXTENTS.gpu.lanes), software: shader(EXTENTS.software.lanes) };
}

/** A tensor [N, H, W, C] whose tables [T, C] have a row per image, or one row where imageSize is the size. */
export interface ChannelExtent {
  /** Elements of the tensor. */
  readonly size: number;
  readonly channels: number;
  /** Elements that share a row of the tables. */
  readonly imageSize: number;
}

/**
 * Dispatches of one of `shaders` over a tensor; undefined where its channels are
 * no vectors of four, or a table per image meets a tensor larger than a binding. `split` names the tensors of
 * `size`; `relu` and `option` are the shader's.
 */
export function channelBlocks(
  shaders: BlockShaders,
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
  const adapter = context.isSoftware ? "software" : "gpu";
  const { most, lanes } = EXTENTS[adapter];
  const quads = channels / 4, stride = quads * ceilDiv(lanes, quads);
  return parts.map(({ start, end }): Dispatch => {
    const { view, base } = alignedView(start, end, context);
    const images = parts.length > 1 ? 1 : size / imageSize;
    const vectors = (end - start) / images / 4;
    const blocks = ceilDiv(vectors, most * stride);
    // Equal work for all, since a software adapter's threads take equal shares of the grid.
    const length = stride * ceilDiv(vectors, blocks * stride);
    const { grid, rowLength } = gridFor(images * blocks * stride, lanes);
    const place = { base: base / 4, row: rowLength, images, vectors, blocks };
    const extent = { ...place, length, stride, quads };
    const views: Record<string, View> = {};
    for (const name of split) views[name] = view;
    return {
      shader: shaders[adapter],
      uniforms: { ...extent, relu: Number(relu), option: Number(option) },
      grid,
      views,
    };
  });
}
