// The levels = their areas of the canvas. Prepended: place.wgsl.
@group(0) @binding(1) var<storage, read> canvas: array<Value>;
@group(0) @binding(2) var<storage, read_write> level0: array<Value>;
@group(0) @binding(3) var<storage, read_write> level1: array<Value>;
@group(0) @binding(4) var<storage, read_write> level2: array<Value>;
@group(0) @binding(5) var<storage, read_write> level3: array<Value>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let place = placeOf(id);
  if (place.past || !place.inside) { return; }
  let value = canvas[place.onCanvas];
  switch place.area {
    case 0u: { level0[place.at] = value; }
    case 1u: { level1[place.at] = value; }
    case 2u: { level2[place.at] = value; }
    default: { level3[place.at] = value; }
  }
}
