// What whole_forward.wgsl and whole_backward.wgsl share; it stands before them. One workgroup works on all pixels of
// one group of one image, or of the 4 / width groups that share a vector of four channels: on a software adapter
// dispatches and a second stage cost more than a GPU would lose by so few workgroups. Lanes lie side by side over
// the group's vectors of a pixel, `across` of them, which divides LANES, and then over pixels.
const LANES = 16u;

struct Params {
  pixels: u32, quads: u32, across: u32, width: u32, groups: u32, relu: u32, option: u32, epsilon: f32,
}
@group(0) @binding(0) var<uniform> params: Params;

// Vector `column` of a pixel; elements first, first + step, … below `end`, in vectors.
struct Place { image: u32, column: u32, first: u32, step: u32, end: u32 }

fn placeOf(group: u32, lane: u32) -> Place {
  let blocks = params.quads / params.across;
  let image = group / blocks;
  let column = group % blocks * params.across + lane % params.across;
  let start = image * params.pixels * params.quads + column;
  return Place(
    image, column, start + lane / params.across * params.quads, LANES / params.across * params.quads,
    start + params.pixels * params.quads);
}

// Each channel's sum over the channels of its group.
fn withinGroup(value: vec4f) -> vec4f {
  if (params.width == 1u) { return value; }
  let pairs = value.xz + value.yw;
  if (params.width == 2u) { return pairs.xxyy; }
  return vec4f(pairs.x + pairs.y);
}
