// Where an invocation is, in both passes; it stands before them. One invocation copies four channels of a pixel of the
// map: row id.y, image id.z, along id.x columns and their `depth` vectors, first the deltas of each anchor, then the
// logits of four anchors at a time. first# is the first anchor of an area. Prepended: map_areas.wgsl.
struct Params {
  height: u32, width: u32, depth: u32, anchors: u32, rows: u32,
  //EACH
  top#: u32, left#: u32, height#: u32, width#: u32, first#: u32,
  //END
}
@group(0) @binding(0) var<uniform> params: Params;

// Vector `at` of the map, where it is not `past` a row. Where it is `inside` an area: the deltas of the anchor `row`,
// or, where `count` is not 0, the logits of as many anchors from `row` on.
struct Place { past: bool, inside: bool, at: u32, row: u32, count: u32 }

fn placeOf(id: vec3u) -> Place {
  let depth = params.depth;
  let line = params.width * depth;
  let value = min(id.x, line - 1u);
  let column = value / depth;
  let vector = value - column * depth;
  let pixel = pixelOf(id.y, column);
  let first = id.z * params.rows + pixel.first + (pixel.row * pixel.width + pixel.column) * params.anchors;
  let at = (id.z * params.height + id.y) * line + value;
  if (vector < params.anchors) { return Place(id.x >= line, pixel.inside, at, first + vector, 0u); }
  let anchor = 4u * (vector - params.anchors);
  return Place(id.x >= line, pixel.inside, at, first + anchor, min(4u, params.anchors - anchor));
}
