override transposed: bool = false;

// The weights of tap (ty, tx) from inner channels k..k+3 (columns of the result) to outer channels o..o+3 of a group.
fn loadWeights(tap: vec2u, k: u32, group: u32, o: u32) -> mat4x4f {
  let cell = ((params.kyStart + tap.x * params.kyStep) * params.kw + params.kxStart + tap.y * params.kxStep) * params.weightC;
  let rows = select(k, o, transposed);
  let rowsLeft = select(params.inner, params.outer, transposed) - rows;
  let columns = select(o, k, transposed);
  let count = min(4u, select(params.outer, params.inner, transposed) - columns);
  let perGroup = select(params.outer, params.inner, transposed);
  let at = (cell + rows) * params.weightO + group * perGroup + columns;
  let loaded = mat4x4f(
    loadWeight(at, count),
    loadWeight(at + params.weightO, select(0u, count, rowsLeft > 1u)),
    loadWeight(at + 2u * params.weightO, select(0u, count, rowsLeft > 2u)),
    loadWeight(at + 3u * params.weightO, select(0u, count, rowsLeft > 3u)));
  if (transposed) { return transpose(loaded); }
  return loaded;
}
