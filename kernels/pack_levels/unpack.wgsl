// The levels = their areas of the canvas. Prepended: place.wgsl.
@group(0) @binding(1) var<storage, read> canvas: array<Value>;
@group(0) @binding(2) var<storage, read_write> level0: array<Value>;
@group(0) @binding(3) var<storage, read_write> level1: array<Value>;
@group(0) @binding(4) var<storage, read_write> level2: array<Value>;
@group(0) @binding(5) var<storage, read_write> level3: array<Value>;

@compute @workgroup_size(VALUES, PIXELS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) lane: vec3u) {
  let place = placeOf(group, lane);
  if (place.past || !place.inside) { return; }
  //EACH
  if (place.area == #u) {
    for (var v = lane.x; v < params.depth; v += VALUES) { level#[place.at + v] = canvas[place.onCanvas + v]; }
  }
  //END
}
