// What whole_forward.wgsl and whole_backward.wgsl share; it stands before them. One workgroup works on all pixels of
// `span` vectors of four channels of one image or of several, which hold whole groups: on a software adapter dispatches
// and a second stage cost more than a GPU would lose by so few workgroups. Lanes lie side by side over the span, which
// a cache line holds where groups are narrow, then over pixels, and `perImage` lanes after each other over images.
override LANES: u32;

struct Params {
  pixels: u32, quads: u32, across: u32, span: u32, perImage: u32, width: u32, groups: u32,
  relu: u32, option: u32, epsilon: f32,
}
@group(0) @binding(0) var<uniform> params: Params;

// Vector `column` of a pixel; elements first, first + step, … below `end`, in vectors. `member` is equal for the lanes
// of the same group (or groups, where a vector holds several) and image; `leads` is one of them.
struct Place { image: u32, column: u32, first: u32, step: u32, end: u32, member: u32, leads: bool }

// Each lane's member: read at constant addresses, unlike what tells the lanes to add up from numbers.
var<workgroup> members: array<u32, LANES>;

fn placeOf(group: u32, lane: u32) -> Place {
  let blocks = params.quads / params.span;
  let part = lane / params.perImage;
  let image = group / blocks * (LANES / params.perImage) + part;
  let across = lane % params.span;
  let column = group % blocks * params.span + across;
  let row = lane % params.perImage / params.span;
  let member = across / params.across;
  let start = image * params.pixels * params.quads + column;
  members[lane] = part * params.span + member;
  return Place(
    image, column, start + row * params.quads, params.perImage / params.span * params.quads,
    start + params.pixels * params.quads, part * params.span + member,
    row == 0u && member * params.across == across);
}

// Elements of a group that its lanes add up at once.
fn atOnce() -> f32 { return f32(params.perImage / params.span * params.across * min(4u, params.width)); }

// Each channel's sum over the channels of its group.
fn withinGroup(value: vec4f) -> vec4f {
  if (params.width == 1u) { return value; }
  let pairs = value.xz + value.yw;
  if (params.width == 2u) { return pairs.xxyy; }
  return vec4f(pairs.x + pairs.y);
}
