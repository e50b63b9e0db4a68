// Where an invocation is, in both passes; it stands before them. PIXELS × VALUES invocations copy as many pixels of a
// row of the canvas: row group.y of the part, image group.z. Each copies every VALUES-th value of its pixel, a number or
// a vector of four channels, which `Value` is. A part is whole images, or some rows of one; areas are what it has of
// each level, whose view begins first# values before them. Prepended: an alias for Value, map_areas.wgsl.
struct Params {
  base: u32, rows: u32, width: u32, depth: u32,
  //EACH
  top#: u32, left#: u32, height#: u32, width#: u32, first#: u32,
  //END
}
@group(0) @binding(0) var<uniform> params: Params;

override PIXELS: u32 = 4;
override VALUES: u32 = 16;

// A pixel's first value: `at` of the level `area` where it is `inside` one, `onCanvas` of the canvas where it is not
// `past` a row.
struct Place { past: bool, inside: bool, area: u32, at: u32, onCanvas: u32 }

fn placeOf(group: vec3u, lane: vec3u) -> Place {
  let column = group.x * PIXELS + lane.y;
  let pixel = pixelOf(group.y, column);
  let row = group.z * pixel.height + pixel.row;
  return Place(
    column >= params.width, pixel.inside, pixel.area,
    pixel.first + (row * pixel.width + pixel.column) * params.depth,
    params.base + ((group.z * params.rows + group.y) * params.width + column) * params.depth);
}
