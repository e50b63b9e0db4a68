// What the kernels of the deformable convolution share; it stands before each of them.
//
// A dispatch works on a part of the output: all rows of some images, or some rows of one. Tap t = (pixel of the part ·
// deformGroups + group of channels) · tapCount + tap of the window reads below and right of row and column cells[t] of
// the input, by the parts of a pixel that taps[t] holds, with its mask and the next tap of its list (link.wgsl). Whole
// pixels and parts are kept apart, so that large maps lose no precision. The cell of a tap that reads nothing is
// (−2, −2). Of the input, the dispatch sees all rows or a band of rows of
// some of the part's images. `columns` is [pixel][group of the convolution][tap of the window][channel of the group].
// Channels are worked on in fours ("quads") that never leave a run: channels that share group and offsets.
struct Params {
  count: u32, row: u32, // invocations of the dispatch, and of a row of its grid
  firstPixel: u32, // of the part, that the dispatch begins with
  outputRows: u32, firstRow: u32, outputW: u32, // output rows of an image of the part, the first of them
  kernelW: u32, tapCount: u32, stride: u32, padding: i32, dilation: u32,
  height: u32, width: u32, channels: u32,
  firstImage: u32, rowFrom: u32, rowTo: u32, // what is seen of the input: from this image of the part on, these rows
  inputBase: u32, // of that in its binding
  perGroup: u32, perDeformGroup: u32, deformGroups: u32, // channels of a group, of either kind
  run: u32, quadsPerRun: u32, quads: u32,
  offsetsBase: u32, offsetChannels: u32, isModulated: u32,
  adds: u32, // 1: adds to what another dispatch has begun
}
@group(0) @binding(0) var<uniform> params: Params;

const NONE = 0xffffffffu;

struct Tap { part: vec2f, mask: f32, next: u32 } // part: along rows, along columns

fn unpack(words: vec4u) -> Tap {
  return Tap(bitcast<vec2f>(words.xy), bitcast<f32>(words.z), words.w);
}

// Where a channel of a pixel's tap lies in `columns`.
fn columnAt(pixel: u32, tap: u32, channel: u32) -> u32 {
  let group = channel / params.perGroup;
  return (pixel * params.channels + group * params.perGroup) * params.tapCount + tap * params.perGroup +
    channel - group * params.perGroup;
}

// The first channel of a quad, and how many it has.
fn quadAt(quad: u32) -> vec2u {
  let within = (quad % params.quadsPerRun) * 4u;
  return vec2u(quad / params.quadsPerRun * params.run + within, min(4u, params.run - within));
}
