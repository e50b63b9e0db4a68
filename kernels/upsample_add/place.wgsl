// Where an invocation is, in both passes; it stands before them. One invocation works on a value of the smaller map,
// a number or a vector of four channels, which `Value` is, and on the one to four of the larger map that lie over it:
// since the larger map is twice as large or one less, floor(y·h / H) is y / 2. Row id.y of the part, image id.z, along
// id.x columns and their values. A part is whole images, or some rows of one. Bases are in values; a pixel has `depth`.
struct Params { base: u32, topBase: u32, depth: u32, width: u32, rows: u32, topWidth: u32, topRows: u32 }
@group(0) @binding(0) var<uniform> params: Params;

// `source` of the smaller map; of the larger one the corner and its neighbours, or again the corner where there is
// none. Invocations that are not `inside` are at the row's last value.
struct Place { inside: bool, source: u32, corner: u32, right: u32, below: u32, across: u32, hasRight: bool, hasBelow: bool }

fn placeOf(id: vec3u) -> Place {
  let depth = params.depth;
  let row = params.topWidth * depth;
  let value = min(id.x, row - 1u);
  let column = 2u * (value / depth);
  let line = params.width * depth;
  let corner = params.base + (id.z * params.rows + 2u * id.y) * line + column * depth + value % depth;
  let hasRight = column + 1u < params.width;
  let hasBelow = 2u * id.y + 1u < params.rows;
  let right = select(0u, depth, hasRight);
  let below = select(0u, line, hasBelow);
  return Place(
    id.x < row, params.topBase + (id.z * params.topRows + id.y) * row + value, corner, corner + right, corner + below,
    corner + right + below, hasRight, hasBelow);
}
