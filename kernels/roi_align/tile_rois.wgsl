// How the gradient's kernels go over pixels and RoIs; it stands before backward_feature.wgsl and backward_patch.wgsl,
// which have `Sum` and addRoi(). RoIs are added in order, so that the sum is the same in each run.
@group(0) @binding(2) var<storage, read> rois: array<vec4f>;
@group(0) @binding(3) var<storage, read> tiles: array<u32>;

// Where an invocation works: `column` and `line` count places, `part` the dispatch's images.
struct Place { lane: u32, column: u32, line: u32, part: u32 }

fn workplaceOf(i: u32) -> Place {
  let place = i / params.lanes;
  let line = place / params.placesX;
  return Place(i % params.lanes, place % params.placesX, line % params.placesY, line / params.placesY);
}

// What the dispatch's RoIs give to the place at `corner`, all of which is in one tile.
fn sumOfRois(image: u32, corner: vec2u, lane: u32) -> Sum {
  let tile = (image * params.tilesY + corner.y / TILE) * params.tilesX + corner.x / TILE;
  let perRoi = params.resolution * params.resolution * params.channels;
  var sum = Sum();
  for (var word = 0u; word < params.words; word++) {
    var bits = tiles[tile * params.words + word];
    if (bits == 0u) { continue; }
    loop {
      let m = image * params.rowsPerImage + 32u * word + firstTrailingBit(bits);
      if (m >= params.roiFrom && m < params.roiTo) {
        addRoi(&sum, binsOf(rois[m]), corner, params.outBase + (m - params.roiFrom) * perRoi + lane);
      }
      continuing {
        bits &= bits - 1u;
        break if bits == 0u;
      }
    }
  }
  return sum;
}
