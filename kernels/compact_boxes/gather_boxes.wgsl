// out[r, p] = the box that indices[r, p] names, then the image's truths, then zeros.
//
// boxes f32, any layout in which box i of row r is at offset + (r / rowsPerImage) * imageStride + r % rowsPerImage
// + i * indexStride (in boxes); indices i32 [rows, K], its first found[r] = counts[2 r] + counts[2 r + 1] entries are used;
// truths f32 [rows, G, 4] and truthCounts i32 [rows], of which min(truthCounts, G) are appended where G > 0.
// out f32 [rows, P, 4]; outCounts i32 [rows] = rows of out in use. What does not fit P is dropped from the end.
// One invocation writes one box.
struct Params {
  size: u32, row: u32, capacity: u32, indexLength: u32, truthLength: u32, rowsPerImage: u32, imageStride: u32,
  indexStride: u32, offset: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> boxes: array<vec4f>;
@group(0) @binding(2) var<storage, read> indices: array<i32>;
@group(0) @binding(3) var<storage, read> counts: array<i32>;
@group(0) @binding(4) var<storage, read> truths: array<vec4f>;
@group(0) @binding(5) var<storage, read> truthCounts: array<i32>;
@group(0) @binding(6) var<storage, read_write> out: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> outCounts: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let at = id.x + id.y * params.row;
  if (at >= params.size) { return; }
  let row = at / params.capacity;
  let p = at % params.capacity;
  let found = u32(counts[row * 2u] + counts[row * 2u + 1u]);
  var added = 0u;
  if (params.truthLength > 0u) { added = min(u32(max(truthCounts[row], 0)), params.truthLength); }
  var box = vec4f(0.0);
  if (p < found) {
    let first = params.offset + (row / params.rowsPerImage) * params.imageStride + row % params.rowsPerImage;
    box = boxes[first + u32(indices[row * params.indexLength + p]) * params.indexStride];
  } else if (p < found + added) {
    box = truths[row * params.truthLength + p - found];
  }
  out[at] = box;
  if (p == 0u) { outCounts[row] = i32(min(found + added, params.capacity)); }
}
