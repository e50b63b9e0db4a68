// The first of four values of an invocation, a workgroup's length apart, so that neighbours touch neighbouring
// addresses. Values are numbers or vectors of four: `Value`, whose alias is prepended. Loops over the four test at their
// end: where one tests at its start, a software adapter runs its body once more for no lane.
fn firstOf(id: vec3u, row: u32) -> u32 {
  let index = id.x + id.y * row;
  return (index & ~63u) * 4u + (index & 63u);
}

