// Where to cut each row of keys so that its best are on one side.
//
// A row is one segment of one image: keys[image, start + i], i in [0, size), from table[segment] =
// (start, size, k, first output). Candidates are keys within [low, high]. The cut of a row is (key, end, n, 0):
// the best min(k, candidates) = n of them are those above `key` and those equal to it with i < end; so ties go
// to the lower index. n = 0 gives (2^32 - 1, 0, 0, 0), which takes nothing.
//
// keys u32 [images, length], table u32 [segments, 4], prior u32 [rows, 4], cuts u32 [rows, 4].
// With `usePrior` 1 the k of a row is lowered by the n of its prior cut.
//
// One workgroup works on one row: a radix search from the highest 8 bits down, by a histogram of the keys
// that share the digits found so far; then the place among equal keys. Integer atomics: order does not matter.
struct Params { segments: u32, length: u32, low: u32, high: u32, usePrior: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> keys: array<u32>;
@group(0) @binding(2) var<storage, read> table: array<u32>;
@group(0) @binding(3) var<storage, read> prior: array<u32>;
@group(0) @binding(4) var<storage, read_write> cuts: array<u32>;

override WIDTH: u32 = 32u;

var<workgroup> histogram: array<atomic<u32>, 256>;
var<workgroup> tieCounts: array<u32, WIDTH>;
var<workgroup> found: u32;     // the digits found so far
var<workgroup> wanted: u32;    // how many of the keys with these digits to take
var<workgroup> sharing: u32;   // how many keys have these digits
var<workgroup> taken: u32;     // n of the cut

// Counts the keys of this row whose digits above `shift` are `digits`, by the digit at `shift`.
fn countDigits(start: u32, size: u32, local: u32, shift: u32) {
  let digits = found;
  let known = 0xffffff00u << shift;
  for (var i = local; i < size; i += WIDTH) {
    let key = keys[start + i];
    if (key >= params.low && key <= params.high && (key & known) == digits) {
      atomicAdd(&histogram[(key >> shift) & 255u], 1u);
    }
  }
}

// Finds the digit at which the wanted number of keys is reached, counting from the highest.
fn chooseDigit(shift: u32, k: u32) {
  if (shift == 24u) {
    var candidates = 0u;
    for (var digit = 0u; digit < 256u; digit++) { candidates += atomicLoad(&histogram[digit]); }
    wanted = min(k, candidates);
    taken = wanted;
  }
  if (wanted == 0u) { return; }
  var digit = 255u;
  var count = atomicLoad(&histogram[255]);
  for (; count < wanted && digit > 0u;) {
    wanted -= count;
    digit--;
    count = atomicLoad(&histogram[digit]);
  }
  found |= digit << shift;
  sharing = count;
}

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = group.x;
  let entry = (row % params.segments) * 4u;
  let start = (row / params.segments) * params.length + table[entry];
  let size = table[entry + 1u];
  var k = table[entry + 2u];
  if (params.usePrior == 1u) { k -= min(k, prior[row * 4u + 2u]); }
  if (local == 0u) { found = 0u; sharing = 0u; }
  for (var step = 0u; step < 4u; step++) {
    let shift = 24u - 8u * step;
    for (var digit = local; digit < 256u; digit += WIDTH) { atomicStore(&histogram[digit], 0u); }
    workgroupBarrier();
    countDigits(start, size, local, shift);
    workgroupBarrier();
    if (local == 0u) { chooseDigit(shift, k); }
    workgroupBarrier();
  }
  // Equal keys at the cut: each invocation counts those of a stretch, the first finds the last one to take.
  let stretch = (size + WIDTH - 1u) / WIDTH;
  let undecided = taken > 0u && wanted < sharing;
  let key = found;
  if (undecided) {
    var ties = 0u;
    for (var i = local * stretch; i < min(size, (local + 1u) * stretch); i++) {
      ties += u32(keys[start + i] == key);
    }
    tieCounts[local] = ties;
  }
  workgroupBarrier();
  if (local != 0u) { return; }
  var end = size;
  if (undecided) {
    var before = 0u;
    var at = 0u;
    for (; before + tieCounts[at] < wanted; at++) { before += tieCounts[at]; }
    end = at * stretch;
    for (; before < wanted; end++) { before += u32(keys[start + end] == key); }
  }
  cuts[row * 4u] = select(0xffffffffu, key, taken > 0u);
  cuts[row * 4u + 1u] = select(0u, end, taken > 0u);
  cuts[row * 4u + 2u] = taken;
  cuts[row * 4u + 3u] = 0u;
}
