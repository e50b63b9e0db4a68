// Where to cut a row of keys so that its best are on one side; it stands before cut.wgsl and compact.wgsl.
//
// A row is one segment of one image: keys[image, start + i], i in [0, size), from table[segment] =
// (start, size, k, first output). Candidates are keys within [low, high]. The cut of a row is (key, end, n, 0):
// the best min(k, candidates) = n of them are those above `key` and those equal to it with i < end; so ties go
// to the lower index. n = 0 gives (2^32 - 1, 0, 0, 0), which takes nothing.
//
// keys u32 [images, length], table u32 [segments, 4].
//
// One workgroup works on one row: a radix search from the highest 8 bits down, by a histogram of the keys
// that share the digits found so far; then the place among equal keys. Integer atomics: order does not matter.
@group(0) @binding(1) var<storage, read> keys: array<u32>;
@group(0) @binding(2) var<storage, read> table: array<u32>;

override WIDTH: u32 = 32u; // divides 256

// A row's first key among all keys, its candidates, and how many of them to take.
struct Row { start: u32, size: u32, k: u32, low: u32, high: u32 }

var<workgroup> histogram: array<atomic<u32>, 256>;
var<workgroup> sums: array<u32, WIDTH>; // of each invocation: keys of its digits, later ties of its stretch
var<workgroup> found: u32;     // the digits found so far
var<workgroup> wanted: u32;    // how many of the keys with these digits to take
var<workgroup> sharing: u32;   // how many keys have these digits
var<workgroup> taken: u32;     // n of the cut
var<workgroup> isAll: u32;     // 1: the cut takes all candidates

// Counts the keys of this row whose digits above `shift` are `digits`, by the digit at `shift`.
fn countDigits(row: Row, local: u32, shift: u32) {
  let digits = found;
  let known = 0xffffff00u << shift;
  for (var i = local; i < row.size; i += WIDTH) {
    let key = keys[row.start + i];
    if (key >= row.low && key <= row.high && (key & known) == digits) {
      atomicAdd(&histogram[(key >> shift) & 255u], 1u);
    }
  }
}

// Adds up the counts of each invocation's digits, from the highest down, so that few need looking at one by one.
fn sumDigits(local: u32) {
  let each = 256u / WIDTH;
  var sum = 0u;
  for (var n = 0u; n < each; n++) { sum += atomicLoad(&histogram[255u - local * each - n]); }
  sums[local] = sum;
}

// Finds the digit at which the wanted number of keys is reached, counting from the highest.
fn chooseDigit(shift: u32, k: u32) {
  if (shift == 24u) {
    var candidates = 0u;
    for (var at = 0u; at < WIDTH; at++) { candidates += sums[at]; }
    wanted = min(k, candidates);
    taken = wanted;
    isAll = u32(k >= candidates);
  }
  if (wanted == 0u) { return; }
  var rest = wanted;
  var at = 0u;
  for (; sums[at] < rest; at++) { rest -= sums[at]; }
  var digit = 255u - at * (256u / WIDTH);
  var count = atomicLoad(&histogram[digit]);
  for (; count < rest; count = atomicLoad(&histogram[digit])) {
    rest -= count;
    digit--;
  }
  wanted = rest;
  found |= digit << shift;
  sharing = count;
}

// The cut of a row; all invocations of the workgroup must call it together. Only the first is told. A cut that takes all
// candidates is found at once where it need not be at the last one's key (`isExact`), but may be below `low`.
fn findCut(row: Row, local: u32, isExact: bool) -> vec4u {
  if (local == 0u) { found = 0u; sharing = 0u; }
  for (var step = 0u; step < 4u; step++) {
    let shift = 24u - 8u * step;
    for (var digit = local; digit < 256u; digit += WIDTH) { atomicStore(&histogram[digit], 0u); }
    workgroupBarrier();
    countDigits(row, local, shift);
    workgroupBarrier();
    sumDigits(local);
    workgroupBarrier();
    if (local == 0u) { chooseDigit(shift, row.k); }
    workgroupBarrier();
    if (isExact || step > 0u) { continue; }
    if (workgroupUniformLoad(&isAll) == 1u) { return vec4u(row.low - 1u, 0u, taken, 0u); }
  }
  // Equal keys at the cut: each invocation counts those of a stretch, the first finds the last one to take.
  let stretch = (row.size + WIDTH - 1u) / WIDTH;
  let undecided = taken > 0u && wanted < sharing;
  let key = found;
  if (undecided) {
    var ties = 0u;
    for (var i = local * stretch; i < min(row.size, (local + 1u) * stretch); i++) {
      ties += u32(keys[row.start + i] == key);
    }
    sums[local] = ties;
  }
  workgroupBarrier();
  if (local != 0u || taken == 0u) { return vec4u(0xffffffffu, 0u, 0u, 0u); }
  var end = row.size;
  if (undecided) {
    var before = 0u;
    var at = 0u;
    for (; before + sums[at] < wanted; at++) { before += sums[at]; }
    end = at * stretch;
    for (; before < wanted; end++) { before += u32(keys[row.start + end] == key); }
  }
  return vec4u(key, end, taken, 0u);
}
