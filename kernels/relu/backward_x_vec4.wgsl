// backward_x.wgsl by vectors, for sizes that are multiples of 4; size and base are in vectors. One invocation works on
// `PER_LANE` of them, LANES apart: for software adapters, on which a short loop runs twice as fast as many invocations.
override LANES: u32;
override PER_LANE: u32;

struct Params { size: u32, row: u32, base: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> dOut: array<vec4f>;
@group(0) @binding(2) var<storage, read> out: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> dX: array<vec4f>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first = (group.x * LANES + group.y * params.row) * PER_LANE;
  let end = params.base + min(params.size, first + LANES * PER_LANE);
  for (var at = params.base + first + lane; at < end; at += LANES) {
    dX[at] = select(vec4f(), dOut[at], out[at] > vec4f());
  }
}
