/** Sums over rows: bias gradients, and adding up the partial sums of a split reduction. */
import {
  alignedView,
  ceilDiv,
  defineKernel,
  type Dispatch,
  empty,
  type FloatArray,
  full,
  gridFor,
  launch,
  type PlanContext,
  type Shader,
  type Shape,
  splitRange,
  suitsVectors,
  type Tensor,
  vectorLoop,
} from "../../core/runtime/mod.ts";
import source from "./column_sums.wgsl" with { type: "text" };

const shader = { source: `alias Value = f32;\n${source}` };

/**
 * On a software adapter, which pays for loads by their number and for every dispatch, sums are of vectors where the
 * columns allow it and by few lanes a workgroup, so that few columns still occupy several cores.
 */
const SOFTWARE_LANES = 8;
const softwareShaders = {
  scalar: { source: shader.source, constants: { LANES: SOFTWARE_LANES } },
  vec4: { source: `alias Value = vec4f;\n${source}`, constants: { LANES: SOFTWARE_LANES } },
};

interface Extents {
  readonly rows: number;
  readonly columns: number;
}

interface SumParams extends Extents {
  readonly splits: number;
}

/** Sums of a split at least, and invocations at most, that splitting is worth. */
const ROWS_PER_SPLIT = 64;
const INVOCATIONS = 1 << 16;

/** x [rows, columns] → out [splits, columns]. */
export const columnSumsKernel = defineKernel({
  name: "column_sums",
  signature: { x: "f32", out: "f32" },
  host: sumOnHost,
  wgsl: sumDispatches,
});

/**
 * Sums of the columns of x, seen as `[rows, columns]`, in two stages where there are many rows and a real GPU.
 * @param x f32 of any shape whose last extents make up `columns`
 * @param shape of the result, of `columns` elements
 * @returns f32 of `shape`; zeros where x has no rows
 */
export function columnSums(x: Tensor, shape: Shape): Tensor {
  const out = empty(x.device, shape);
  const columns = out.size, rows = columns === 0 ? 0 : x.size / columns;
  if (rows === 0) return full(x.device, shape, 0);
  const splits = splitsOfRows({ rows, columns }, x.device.info);
  if (splits === 1) launch(columnSumsKernel, { x, out }, { rows, columns, splits });
  else {
    const partial = empty(x.device, [splits, columns]);
    launch(columnSumsKernel, { x, out: partial }, { rows, columns, splits });
    launch(columnSumsKernel, { x: partial, out }, { rows: splits, columns, splits: 1 });
  }
  return out;
}

/** Splits of the rows that are summed each by itself first, and then to one; 1 where that is not worth a dispatch. */
function splitsOfRows(
  { rows, columns }: Extents,
  { isSoftware, maxBindingBytes }: Pick<PlanContext, "isSoftware" | "maxBindingBytes">,
): number {
  const most = Math.min(
    ceilDiv(rows, ROWS_PER_SPLIT),
    Math.floor(INVOCATIONS / columns),
    Math.floor(maxBindingBytes / 4 / columns),
  );
  return isSoftware ? 1 : Math.max(1, most);
}

/** How a kernel sums the columns of a scratch tensor of its own. */
export interface ScratchSums {
  readonly dispatches: Dispatch[];
  /** Bytes of the scratch tensor `sums` that they take, where they take one. */
  readonly scratch: Readonly<Record<string, number>>;
}

/** Sums of the columns of the tensor `x`, seen as `[rows, columns]`, in the tensor `out`. */
export function sumScratch(
  { rows, columns, x, out }: Extents & { readonly x: string; readonly out: string },
  context: PlanContext,
): ScratchSums {
  const splits = splitsOfRows({ rows, columns }, context);
  function stage(p: SumParams, tensors: { x: string; out: string }): Dispatch[] {
    return sumDispatches(p, context).map((dispatch) => ({ ...dispatch, tensors }));
  }
  if (splits === 1) {
    return { dispatches: stage({ rows, columns, splits }, { x, out }), scratch: {} };
  }
  return {
    dispatches: [
      ...stage({ rows, columns, splits }, { x, out: "sums" }),
      ...stage({ rows: splits, columns, splits: 1 }, { x: "sums", out }),
    ],
    scratch: { sums: 4 * splits * columns },
  };
}

const sumByVectors = vectorLoop({ streams: ["x"], sums: ({ x }) => ({ sums: x }) });

/** Sums in float64, since a bias gradient adds up hundreds of thousands of pixels. */
function sumOnHost(arrays: { x: FloatArray; out: FloatArray }, p: SumParams): void {
  const { x, out } = arrays, { rows, columns } = p;
  const sums = new Float64Array(columns);
  if (suitsVectors(arrays, { size: rows * columns, period: columns })) {
    sumByVectors({ ...arrays, sums }, { end: rows * columns, period: columns });
    return out.set(sums);
  }
  for (let start = 0; start < rows * columns; start += columns) {
    for (let j = 0; j < columns; j++) sums[j]! += x[start + j]!;
  }
  out.set(sums);
}

function sumDispatches({ rows, columns, splits }: SumParams, context: PlanContext): Dispatch[] {
  const lanes = context.isSoftware ? SOFTWARE_LANES : 64;
  const unit = context.isSoftware && columns % 4 === 0 ? 4 : 1;
  return splitRange(rows * columns, columns, context).map(({ start, end }, index) => {
    const { view, base } = alignedView(start, end, context);
    const { grid: [groups, lines], rowLength } = gridFor(columns / unit, lanes);
    const here = (end - start) / columns;
    const uniforms = {
      rows: here,
      columns: columns / unit,
      rowsPerSplit: ceilDiv(here, splits),
      row: rowLength,
      base: base / unit,
      accumulate: index === 0 ? 0 : 1,
    };
    return {
      shader: shaderOf(context, unit),
      uniforms,
      grid: [groups, lines, splits],
      views: { x: view },
    };
  });
}

function shaderOf({ isSoftware }: PlanContext, unit: number): Shader {
  if (!isSoftware) return shader;
  return unit === 4 ? softwareShaders.vec4 : softwareShaders.scalar;
}
