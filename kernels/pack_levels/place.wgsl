// Where an invocation is, in both passes; it stands before them. One invocation copies a value of the canvas, a number
// or a vector of four channels, which `Value` is: row id.y of the part, image id.z, along id.x columns and their values.
// A part is whole images, or some rows of one; areas are what it has of each level, whose view begins first# values
// before them. Prepended: an alias for Value, map_areas.wgsl.
struct Params {
  base: u32, rows: u32, width: u32, depth: u32,
  //EACH
  top#: u32, left#: u32, height#: u32, width#: u32, first#: u32,
  //END
}
@group(0) @binding(0) var<uniform> params: Params;

// Value `at` of the level `area` where it is `inside` one; value `onCanvas` of the canvas where it is not `past` a row.
struct Place { past: bool, inside: bool, area: u32, at: u32, onCanvas: u32 }

fn placeOf(id: vec3u) -> Place {
  let depth = params.depth;
  let line = params.width * depth;
  let value = min(id.x, line - 1u);
  let column = value / depth;
  let pixel = pixelOf(id.y, column);
  let row = id.z * pixel.height + pixel.row;
  let at = pixel.first + (row * pixel.width + pixel.column) * depth + value - column * depth;
  return Place(
    id.x >= line, pixel.inside, pixel.area, at, params.base + (id.z * params.rows + id.y) * line + value);
}
