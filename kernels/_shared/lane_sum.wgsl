// Sum over the lanes of a workgroup in lane order, the same on every device. One barrier before the sum and
// one after it: Mesa's software adapter pays for each, so there is no tree.
override LANES: u32 = 64u;
var<workgroup> laneValues: array<f32, LANES>;

fn laneSum(lane: u32, value: f32) -> f32 {
  laneValues[lane] = value;
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0u; i < LANES; i++) { sum += laneValues[i]; }
  workgroupBarrier();
  return sum;
}
