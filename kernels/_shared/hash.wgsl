// A counter-based random number: 32 bits that depend on (seed, iteration, stream, image, index) alone.
// The same arithmetic as hash.ts, which says where the constants are from; u32 wraps modulo 2^32.

fn hashMix(value: u32) -> u32 {
  var x = value;
  x = (x ^ (x >> 16u)) * 0x7feb352du;
  x = (x ^ (x >> 15u)) * 0x846ca68bu;
  return x ^ (x >> 16u);
}

// The part of the hash that all indices of one image share.
fn hashPrefix(seed: u32, iteration: u32, stream: u32, image: u32) -> u32 {
  var state = hashMix(seed ^ 0x9e3779b9u);
  state = hashMix((state + 0x9e3779b9u) ^ iteration);
  state = hashMix((state + 0x9e3779b9u) ^ stream);
  return hashMix((state + 0x9e3779b9u) ^ image);
}

// The hash of `index` below `prefix`: different indices give different numbers.
fn hashAt(prefix: u32, index: u32) -> u32 { return hashMix(hashMix(index ^ prefix) + prefix); }
