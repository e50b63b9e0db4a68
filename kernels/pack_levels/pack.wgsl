// canvas = the levels in their areas, zeros between them. Prepended: place.wgsl.
@group(0) @binding(1) var<storage, read> level0: array<Value>;
@group(0) @binding(2) var<storage, read> level1: array<Value>;
@group(0) @binding(3) var<storage, read> level2: array<Value>;
@group(0) @binding(4) var<storage, read> level3: array<Value>;
@group(0) @binding(5) var<storage, read_write> canvas: array<Value>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let place = placeOf(id);
  if (place.past) { return; }
  var value = Value();
  if (place.inside) {
    switch place.area {
      case 0u: { value = level0[place.at]; }
      case 1u: { value = level1[place.at]; }
      case 2u: { value = level2[place.at]; }
      default: { value = level3[place.at]; }
    }
  }
  canvas[place.onCanvas] = value;
}
