// dInput[image, y, x, c] = Σ over taps less than a pixel away, in both directions, of mask · (1 − |distance|) along
// both axes · the gradient of the tap's column: a gather over the four lists (link.wgsl) that can hold such taps, each
// in the order of taps, so that the sum is the same in each run. Adds where another part of the output has begun it.
// One invocation computes one quad of channels of one pixel.
@group(0) @binding(1) var<storage, read> heads: array<u32>;
@group(0) @binding(3) var<storage, read> taps: array<vec4u>;
@group(0) @binding(4) var<storage, read_write> dInput: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x + id.y * params.row;
  if (i >= params.count) { return; }
  let quad = quadAt(i % params.quads);
  let inputPixel = i / params.quads;
  let x = inputPixel % params.width;
  let rows = params.rowTo - params.rowFrom;
  let y = params.rowFrom + inputPixel / params.width % rows;
  let image = params.firstImage + inputPixel / params.width / rows;
  let perPixel = params.deformGroups * params.tapCount;
  let list = (image * params.deformGroups + quad.x / params.perDeformGroup) * (params.height + 1u);
  var sum = vec4f();
  for (var side = 0u; side < 4u; side++) {
    let corner = vec2u(side / 2u, side % 2u); // 0: the cell before the pixel, 1: the pixel's own
    var t = heads[(list + y + corner.x) * (params.width + 1u) + x + corner.y];
    while (t != NONE) {
      let placed = unpack(taps[t]);
      let near = select(placed.part, 1.0 - placed.part, corner == vec2u(1u));
      let at = columnAt(t / perPixel, t % params.tapCount, quad.x);
      sum += placed.mask * near.x * near.y * loadColumns(at, quad.y);
      t = placed.next;
    }
  }
  let at = params.inputBase + inputPixel * params.channels + quad.x;
  for (var j = 0u; j < quad.y; j++) {
    if (params.adds != 0u) { dInput[at + j] += sum[j]; } else { dInput[at + j] = sum[j]; }
  }
}
