// What whole_forward.wgsl and whole_backward.wgsl share; it stands before them. One workgroup works on all pixels of
// `span` vectors of four channels of one image or of several, which hold whole groups: on a software adapter dispatches
// and a second stage cost more than a GPU would lose by so few workgroups. Lanes lie side by side over the span, which
// a cache line holds where groups are narrow, then over pixels; so many lanes work on an image, and others on the next.
override LANES: u32;
// 1: with a residual. No uniform, as a load that no lane does costs a software adapter a tenth of the loop.
override RESIDUAL: u32;

// Extents named …Bits are powers of two, by their logarithms: a software adapter divides lane by lane.
struct Params {
  pixels: u32, quads: u32, acrossBits: u32, spanBits: u32, imageBits: u32, widthBits: u32, groups: u32,
  relu: u32, epsilon: f32,
}
@group(0) @binding(0) var<uniform> params: Params;

// Vector `column` of a pixel, of group `group` of all images or the first of several; elements first, first + step, …
// below `end`, in vectors. `member` is equal for the lanes of the same group (or groups, where a vector holds several)
// and image; `leads` is one of them.
struct Place { column: u32, group: u32, first: u32, step: u32, end: u32, member: u32, leads: bool }

// Each lane's member: read at constant addresses, unlike what tells the lanes to add up from numbers.
var<workgroup> members: array<u32, LANES>;

// Spans lie along the grid's x, images or sets of them along its y.
fn placeOf(block: vec3u, lane: u32) -> Place {
  let part = lane >> params.imageBits;
  let image = block.y * (LANES >> params.imageBits) + part;
  let across = lane & ((1u << params.spanBits) - 1u);
  let column = (block.x << params.spanBits) + across;
  let row = (lane & ((1u << params.imageBits) - 1u)) >> params.spanBits;
  let member = across >> params.acrossBits;
  let own = (part << params.spanBits) + member;
  let start = image * params.pixels * params.quads + column;
  members[lane] = own;
  return Place(
    column, image * params.groups + ((4u * column) >> params.widthBits),
    start + row * params.quads, params.quads << (params.imageBits - params.spanBits),
    start + params.pixels * params.quads, own, row == 0u && (member << params.acrossBits) == across);
}

// Channels of a group, and elements of one that its lanes add up at once.
fn width() -> u32 { return 1u << params.widthBits; }

fn atOnce() -> f32 {
  return f32(min(4u, width()) << (params.imageBits - params.spanBits + params.acrossBits));
}

// Each channel's sum over the channels of its group.
fn withinGroup(value: vec4f) -> vec4f {
  if (params.widthBits == 0u) { return value; }
  let pairs = value.xz + value.yw;
  if (params.widthBits == 1u) { return pairs.xxyy; }
  return vec4f(pairs.x + pairs.y);
}
