/** The number formats of foreign tensors, and what makes float32 of them. @module */

/** Bytes of one number. `bf16` is the upper half of a float32; `c64`, `c128` are complex. */
const BYTES = {
  f64: 8,
  f32: 4,
  f16: 2,
  bf16: 2,
  i64: 8,
  u64: 8,
  i32: 4,
  u32: 4,
  i16: 2,
  u16: 2,
  i8: 1,
  u8: 1,
  bool: 1,
  c64: 8,
  c128: 16,
} as const;

/** A number format, little-endian. */
export type ScalarType = keyof typeof BYTES;

/** Bytes of one number of `type`. */
export function bytesOf(type: ScalarType): number {
  return BYTES[type];
}

/**
 * Numbers as float32, rounded to nearest; float32 itself is not copied where it is aligned.
 * @returns undefined for complex numbers, which are no weights
 */
export function toFloat32(
  bytes: Uint8Array<ArrayBuffer>,
  type: ScalarType,
): Float32Array<ArrayBuffer> | undefined {
  const size = bytesOf(type);
  const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  const count = Math.floor(bytes.byteLength / size);
  switch (type) {
    case "f32":
      return new Float32Array(buffer, byteOffset, count);
    case "f64":
      return new Float32Array(new Float64Array(buffer, byteOffset, count));
    case "f16":
      return new Float32Array(new Float16Array(buffer, byteOffset, count));
    case "bf16":
      return fromBfloat16(new Uint16Array(buffer, byteOffset, count));
    case "i64":
      return fromBigInts(new BigInt64Array(buffer, byteOffset, count));
    case "u64":
      return fromBigInts(new BigUint64Array(buffer, byteOffset, count));
    case "i32":
      return new Float32Array(new Int32Array(buffer, byteOffset, count));
    case "u32":
      return new Float32Array(new Uint32Array(buffer, byteOffset, count));
    case "i16":
      return new Float32Array(new Int16Array(buffer, byteOffset, count));
    case "u16":
      return new Float32Array(new Uint16Array(buffer, byteOffset, count));
    case "i8":
      return new Float32Array(new Int8Array(buffer, byteOffset, count));
    case "u8":
    case "bool":
      return new Float32Array(new Uint8Array(buffer, byteOffset, count));
    case "c64":
    case "c128":
      return undefined;
  }
}

function fromBfloat16(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = (halves[i] ?? 0) << 16;
  return new Float32Array(bits.buffer);
}

function fromBigInts(numbers: BigInt64Array | BigUint64Array): Float32Array<ArrayBuffer> {
  const floats = new Float32Array(numbers.length);
  for (let i = 0; i < numbers.length; i++) floats[i] = Number(numbers[i]);
  return floats;
}
