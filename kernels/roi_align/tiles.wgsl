// tiles[n][ty][tx][word]: bit b is set where RoI 32·word + b of image n may touch a pixel of the tile.
// So the gradient of a pixel need not look at every RoI. One invocation writes one word; generous by a pixel.
@group(0) @binding(1) var<storage, read> rois: array<vec4f>;
@group(0) @binding(2) var<storage, read> valid: array<i32>;
@group(0) @binding(3) var<storage, read_write> tiles: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if (i >= params.count) { return; }
  let word = i % params.words;
  let tile = i / params.words;
  let image = tile / (params.tilesX * params.tilesY);
  let corner = vec2f(vec2u(tile % params.tilesX, (tile / params.tilesX) % params.tilesY) * TILE);
  let last = vec2f(f32(params.width) - 1.0, f32(params.height) - 1.0);
  var bits = 0u;
  for (var b = 0u; b < min(32u, params.rowsPerImage - 32u * word); b++) {
    let m = image * params.rowsPerImage + 32u * word + b;
    let roi = rois[m];
    if (valid[m] < 0 || !isOfLevel(roi)) { continue; }
    let bins = binsOf(roi);
    let least = clamp(bins.start, vec2f(0.0), last) - 1.0;
    let most = clamp(bins.start + bins.size * f32(params.resolution), vec2f(0.0), last) + 1.0;
    if (all(corner <= most) && all(corner + f32(TILE) - 1.0 >= least)) { bits |= 1u << b; }
  }
  tiles[i] = bits;
}
