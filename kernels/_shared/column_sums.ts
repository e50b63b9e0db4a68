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

interface SumParams {
  readonly rows: number;
  readonly columns: number;
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
  wgsl: dispatches,
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
  const splits = x.device.info.isSoftware ? 1 : Math.max(
    1,
    Math.min(
      ceilDiv(rows, ROWS_PER_SPLIT),
      Math.floor(INVOCATIONS / columns),
      Math.floor(x.device.info.maxBindingBytes / 4 / columns),
    ),
  );
  if (splits === 1) launch(columnSumsKernel, { x, out }, { rows, columns, splits });
  else {
    const partial = empty(x.device, [splits, columns]);
    launch(columnSumsKernel, { x, out: partial }, { rows, columns, splits });
    launch(columnSumsKernel, { x: partial, out }, { rows: splits, columns, splits: 1 });
  }
  return out;
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

function dispatches({ rows, columns, splits }: SumParams, context: PlanContext): Dispatch[] {
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
