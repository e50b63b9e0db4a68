// Intersection over union of two boxes whose sides are x2 - x1 + offset; 0 where they do not overlap.
// Every product that feeds a sum goes through fma(), so that no compiler may round it differently in two
// kernels: equality of two results means equality of their boxes' overlaps, bit for bit.
// Not symmetric in the last bit: callers pass truth (or the box kept) first.
fn boxIou(a: vec4f, b: vec4f, offset: f32) -> f32 {
  let sizeA = a.zw - a.xy + offset;
  let sizeB = b.zw - b.xy + offset;
  let overlap = max(min(a.zw, b.zw) - max(a.xy, b.xy) + offset, vec2f(0.0));
  let inter = overlap.x * overlap.y;
  let areas = fma(sizeA.x, sizeA.y, sizeB.x * sizeB.y);
  let either = fma(-overlap.x, overlap.y, areas);
  return select(0.0, inter / either, inter > 0.0);
}
