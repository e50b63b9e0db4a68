// SmoothL1 of a difference and its derivative: |d| < beta: d²/(2·beta), else |d| − beta/2. A beta too small for
// the device's numbers is 0 there, and both still are those of |d|: nothing divides by it.
fn penalty(difference: f32, beta: f32) -> f32 {
  let size = abs(difference);
  if (size < beta) { return 0.5 * difference * (difference / beta); }
  return size - 0.5 * beta;
}

fn slope(difference: f32, beta: f32) -> f32 {
  if (abs(difference) < beta) { return difference / beta; }
  return sign(difference);
}
