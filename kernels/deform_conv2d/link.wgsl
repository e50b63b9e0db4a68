// Lists of the taps between the same four pixels, for the gradient of the input: heads[image, group of channels,
// row + 1, column + 1] is the first tap of the cell (−1 to the last row and column), NONE where
// there is none; each tap names the next. Three entries, one after the other: `clear`, `link`, `sort`.
// Linking is a race between taps; afterwards each list is sorted by tap, so that sums have one order.
@group(0) @binding(1) var<storage, read_write> heads: array<atomic<u32>>;
@group(0) @binding(2) var<storage, read> cells: array<vec2i>;
@group(0) @binding(3) var<storage, read_write> taps: array<vec4u>;

@compute @workgroup_size(64)
fn clear(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if (i < params.count) { atomicStore(&heads[i], NONE); }
}

// One invocation links one tap.
@compute @workgroup_size(64)
fn link(@builtin(global_invocation_id) id: vec3u) {
  let t = id.x + id.y * params.row;
  if (t >= params.count) { return; }
  let cell = cells[t] + 1;
  if (cell.x < 0 || cell.y < 0) { return; }
  let pixel = t / (params.deformGroups * params.tapCount);
  let image = pixel / (params.outputRows * params.outputW);
  let group = t / params.tapCount % params.deformGroups;
  let row = (image * params.deformGroups + group) * (params.height + 1u) + u32(cell.x);
  taps[t].w = atomicExchange(&heads[row * (params.width + 1u) + u32(cell.y)], t);
}

// A list under construction, and what is left of two runs of `size` taps that are merged into it.
struct Merge { first: u32, last: u32, a: u32, b: u32, leftA: u32, leftB: u32 }

// Takes the lower first tap of the two runs.
fn takeLower(merge: Merge) -> Merge {
  var m = merge;
  let isA = m.leftA > 0u && (m.leftB == 0u || m.b == NONE || m.a < m.b);
  let taken = select(m.b, m.a, isA);
  if (isA) {
    m.a = taps[taken].w;
    m.leftA--;
  } else {
    m.b = taps[taken].w;
    m.leftB--;
  }
  if (m.last == NONE) { m.first = taken; } else { taps[m.last].w = taken; }
  m.last = taken;
  return m;
}

// One invocation sorts one list: a merge sort from the bottom up, which needs no room and is quick also where many
// taps meet.
@compute @workgroup_size(64)
fn sort(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if (i >= params.count) { return; }
  var first = atomicLoad(&heads[i]);
  for (var size = 1u; first != NONE; size *= 2u) {
    var m = Merge(NONE, NONE, first, NONE, 0u, 0u);
    var merges = 0u;
    while (m.a != NONE) {
      m.b = m.a;
      m.leftA = 0u;
      while (m.leftA < size && m.b != NONE) {
        m.b = taps[m.b].w;
        m.leftA++;
      }
      m.leftB = size;
      while (m.leftA > 0u || (m.leftB > 0u && m.b != NONE)) { m = takeLower(m); }
      m.a = m.b;
      merges++;
    }
    taps[m.last].w = NONE;
    first = m.first;
    if (merges == 1u) { break; }
  }
  atomicStore(&heads[i], first);
}
