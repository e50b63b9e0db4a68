// canvas = the levels in their areas, zeros between them. Prepended: place.wgsl.
@group(0) @binding(1) var<storage, read> level0: array<Value>;
@group(0) @binding(2) var<storage, read> level1: array<Value>;
@group(0) @binding(3) var<storage, read> level2: array<Value>;
@group(0) @binding(4) var<storage, read> level3: array<Value>;
@group(0) @binding(5) var<storage, read_write> canvas: array<Value>;

@compute @workgroup_size(VALUES, PIXELS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) lane: vec3u) {
  let place = placeOf(group, lane);
  if (place.past) { return; }
  if (!place.inside) {
    for (var v = lane.x; v < params.depth; v += VALUES) { canvas[place.onCanvas + v] = Value(); }
    return;
  }
  //EACH
  if (place.area == #u) {
    for (var v = lane.x; v < params.depth; v += VALUES) { canvas[place.onCanvas + v] = level#[place.at + v]; }
  }
  //END
}
