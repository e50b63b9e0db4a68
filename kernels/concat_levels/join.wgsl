// whole = the levels, one after another in each image. One invocation copies one value. Prepended: place.wgsl.
@group(0) @binding(1) var<storage, read> a: array<Value>;
@group(0) @binding(2) var<storage, read> b: array<Value>;
@group(0) @binding(3) var<storage, read> c: array<Value>;
@group(0) @binding(4) var<storage, read> d: array<Value>;
@group(0) @binding(5) var<storage, read> e: array<Value>;
@group(0) @binding(6) var<storage, read_write> whole: array<Value>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if (i >= params.block) { return; }
  let place = placeOf(id.z, i);
  var value = Value();
  switch place.level {
    case 0u: { value = a[place.at]; }
    case 1u: { value = b[place.at]; }
    case 2u: { value = c[place.at]; }
    case 3u: { value = d[place.at]; }
    default: { value = e[place.at]; }
  }
  whole[place.inWhole] = value;
}
