// In which area of a map a pixel lies: what is between the areas belongs to none. `Params` of the shader that this
// stands before has top#, left#, height# and width# of each area, and first#, which belongs to what it counts.
struct Pixel { inside: bool, area: u32, row: u32, column: u32, height: u32, width: u32, first: u32 }

// Row and column are the area's own. Where no area has the pixel, it is (0, 0) of area 0, but not `inside`.
fn pixelOf(row: u32, column: u32) -> Pixel {
  var pixel = Pixel(false, 0u, 0u, 0u, params.height0, params.width0, params.first0);
  //EACH
  // What lies above or to the left wraps around to large numbers.
  if (row - params.top# < params.height# && column - params.left# < params.width#) {
    pixel = Pixel(
      true, #u, row - params.top#, column - params.left#, params.height#, params.width#, params.first#);
  }
  //END
  return pixel;
}
