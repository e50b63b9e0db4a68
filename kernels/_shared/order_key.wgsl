// u32 keys that sort as float32 numbers do: see order_key.ts. Bits, not floats, are compared, as drivers may
// assume that there is no NaN.

const NAN_KEY = 1u;

// The key of float32 bits: at least 1, larger for the better number; NaN is the worst in either direction.
fn orderKey(bits: u32, ascending: bool) -> u32 {
  let magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) { return NAN_KEY; }
  var key = select(bits | 0x80000000u, ~bits, (bits >> 31u) == 1u);
  if (magnitude == 0u) { key = 0x80000000u; }
  return select(key, ~key, ascending);
}

// The bits of the number whose key is `key`.
fn bitsOfKey(key: u32, ascending: bool) -> u32 {
  if (key <= NAN_KEY) { return 0x7fc00000u; }
  let plain = select(key, ~key, ascending);
  return select(~plain, plain & 0x7fffffffu, (plain >> 31u) == 1u);
}
