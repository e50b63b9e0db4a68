// Where an invocation is, in both passes; it stands before them. One invocation copies one number of the joined weight,
// by rows, or, after these, of the joined bias.
struct Params { row: u32, rows: u32, first: u32, second: u32, columns: u32 }
@group(0) @binding(0) var<uniform> params: Params;

// Number `at` of the joined weight or bias; number `own` of A's or B's, or of neither.
struct Place { past: bool, isBias: bool, isA: bool, isB: bool, at: u32, own: u32 }

fn placeOf(id: vec3u) -> Place {
  let i = id.x + id.y * params.row;
  let row = i / params.columns;
  let column = i - row * params.columns;
  let isBias = row >= params.rows;
  let ownRow = select(row, 0u, isBias);
  let isA = column < params.first;
  let isB = !isA && column < params.first + params.second;
  let own = select(ownRow * params.second + column - params.first, ownRow * params.first + column, isA);
  return Place(row > params.rows, isBias, isA, isB, ownRow * params.columns + column, own);
}
