// The levels = their parts of whole, which join.wgsl makes of them. One invocation copies one value.
// Prepended: place.wgsl.
@group(0) @binding(1) var<storage, read> whole: array<Value>;
@group(0) @binding(2) var<storage, read_write> a: array<Value>;
@group(0) @binding(3) var<storage, read_write> b: array<Value>;
@group(0) @binding(4) var<storage, read_write> c: array<Value>;
@group(0) @binding(5) var<storage, read_write> d: array<Value>;
@group(0) @binding(6) var<storage, read_write> e: array<Value>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if (i >= params.block) { return; }
  let place = placeOf(id.z, i);
  let value = whole[place.inWhole];
  switch place.level {
    case 0u: { a[place.at] = value; }
    case 1u: { b[place.at] = value; }
    case 2u: { c[place.at] = value; }
    case 3u: { d[place.at] = value; }
    default: { e[place.at] = value; }
  }
}
