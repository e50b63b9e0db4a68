// The four pixels of the input that a tap lies between.

// Indices of the first channels of the pixels (row, column), (row, column + 1), (row + 1, column),
// (row + 1, column + 1) of the tap's cell; −1 for what lies outside of the input or of the band seen.
fn cornersOf(pixel: u32, low: vec2i) -> vec4i {
  let image = pixel / (params.outputRows * params.outputW) - params.firstImage;
  let firstRow = i32(image * (params.rowTo - params.rowFrom)) - i32(params.rowFrom);
  let rows = vec4i(low.x, low.x, low.x + 1, low.x + 1);
  let columns = vec4i(low.y, low.y + 1, low.y, low.y + 1);
  let indices = ((firstRow + rows) * i32(params.width) + columns) * i32(params.channels) + i32(params.inputBase);
  let inside = (rows >= vec4i(i32(params.rowFrom))) & (rows < vec4i(i32(params.rowTo))) &
    (columns >= vec4i(0)) & (columns < vec4i(i32(params.width)));
  return select(vec4i(-1), indices, inside);
}

fn loadCorner(index: i32, channel: u32, count: u32) -> vec4f {
  if (index < 0) { return vec4f(); }
  return loadInput(u32(index) + channel, count);
}
