// Where an element of the concatenation is in its level; it stands before join.wgsl and split.wgsl. A launch has up to
// five levels, a to e: elements `offset` … `offset` + `block` of each image of the whole, level l from start l on.
// All in values, numbers or vectors of four, which `Value` is. Prepended: an alias for Value.
struct Params {
  row: u32, block: u32, stride: u32, offset: u32,
  start1: u32, start2: u32, start3: u32, start4: u32,
}
@group(0) @binding(0) var<uniform> params: Params;

// Element `at` of level `level`, which is element `inWhole` of the whole.
struct Place { level: u32, at: u32, inWhole: u32 }

// Of element `i` of an image's block.
fn placeOf(image: u32, i: u32) -> Place {
  let starts = array<u32, 6>(
    0u, params.start1, params.start2, params.start3, params.start4, params.block);
  var level = 0u;
  for (var l = 1u; l < 5u; l++) { level += u32(i >= starts[l]); }
  var start = 0u;
  var end = starts[1];
  for (var l = 1u; l < 5u; l++) {
    start = select(start, starts[l], l == level);
    end = select(end, starts[l + 1u], l == level);
  }
  return Place(level, image * (end - start) + i - start, params.offset + image * params.stride + i);
}
