// The part of the source that a tile of output pixels sees, in workgroup memory, for convolutions of few channels
// (gather.ts). A row of the source is a run of numbers there, which fours cut without regard for pixels: rows are
// multiples of four numbers long, so that each four lies within the source or outside of it. What comes before this
// text declares `lanes`, `patchRows`, `patchFours`, and `putPatch(i, value)`, which stores the i-th four.
@group(0) @binding(1) var<storage, read> source: array<vec4f>;

// Copies patchRows × patchFours fours from row y and four `first` of an image on, zeros where they lie outside.
fn copyPatch(image: u32, y: i32, first: i32, lane: u32) {
  let start = i32(params.sourceBase + image * params.sourceH * params.sourceFours);
  var row = i32(lane / patchFours);
  var column = i32(lane % patchFours);
  for (var i = lane; i < patchRows * patchFours; i += lanes) {
    let sourceRow = y + row;
    let four = first + column;
    let isInside = (u32(sourceRow) < params.sourceH) & (u32(four) < params.sourceFours);
    let at = start + sourceRow * i32(params.sourceFours) + four;
    putPatch(i, select(vec4f(), source[select(0u, u32(at), isInside)], isInside));
    // Divided once, then stepped: an emulated GPU divides lane by lane.
    column += i32(lanes % patchFours);
    row += i32(lanes / patchFours) + select(0, 1, column >= i32(patchFours));
    column -= select(0, i32(patchFours), column >= i32(patchFours));
  }
}
