/** Reads a shader's bindings and uniform struct from its text, so that they are declared once: in WGSL. */

/** A binding of a tensor. */
export interface StorageBinding {
  readonly name: string;
  readonly index: number;
  readonly readOnly: boolean;
  /** Bytes of an array of vectors in uniform memory, which a view must cover; absent for storage. */
  readonly uniformBytes?: number;
}

/** A member of `struct Params`, in order, 4 bytes each. */
export interface UniformMember {
  readonly name: string;
  readonly type: "u32" | "i32" | "f32";
}

/** What the host must supply to a shader. */
export interface WgslInterface {
  readonly storage: readonly StorageBinding[];
  readonly uniforms: readonly UniformMember[];
}

/** Bytes of uniforms that a dispatch may have. */
export const UNIFORM_BYTES = 256;

/**
 * Parses WGSL text.
 * @throws SyntaxError where `struct Params` is missing, has other than 4-byte scalars or too many of them
 */
export function parseInterface(source: string, kernel: string): WgslInterface {
  const text = source.replace(/\/\*.*?\*\//gs, "").replace(/\/\/[^\n]*/g, "");
  const storage = [...text.matchAll(
    /@group\(0\)\s*@binding\((\d+)\)\s*var<\s*storage\s*(?:,\s*(read|read_write)\s*)?>\s*(\w+)/g,
  )].map(([, index, access, name]) => ({
    name: name!,
    index: Number(index),
    readOnly: access !== "read_write",
  }));
  const windows = [...text.matchAll(
    /@group\(0\)\s*@binding\((\d+)\)\s*var<\s*uniform\s*>\s*(\w+)\s*:\s*array<vec4f,\s*(\d+)>/g,
  )].map(([, index, name, length]) => ({
    name: name!,
    index: Number(index),
    readOnly: true,
    uniformBytes: 16 * Number(length),
  }));
  const struct = text.match(/struct\s+Params\s*\{([^}]*)\}/);
  if (!struct) throw new SyntaxError(`Cannot launch ${kernel} as its WGSL has no struct Params`);
  const uniforms = struct[1]!.split(",").map((member) => member.trim()).filter(Boolean).map(
    (member) => {
      const match = member.match(/^(\w+)\s*:\s*(u32|i32|f32)$/);
      if (!match) {
        throw new SyntaxError(
          `Cannot launch ${kernel} as Params members must be u32, i32 or f32: "${member}"`,
        );
      }
      return { name: match[1]!, type: match[2] as UniformMember["type"] };
    },
  );
  if (uniforms.length * 4 > UNIFORM_BYTES) {
    throw new SyntaxError(
      `Cannot launch ${kernel} as its Params has ${uniforms.length} members: there is room for ${
        UNIFORM_BYTES / 4
      }`,
    );
  }
  return { storage: [...storage, ...windows], uniforms };
}

/**
 * The bytes of `struct Params`.
 * @throws TypeError for a missing or unknown name; RangeError for a number that its integer type cannot hold
 */
export function packUniforms(
  members: readonly UniformMember[],
  values: Readonly<Record<string, number>>,
  kernel: string,
): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(4 * members.length));
  members.forEach(({ name, type }, index) => {
    const value = values[name];
    if (value === undefined) {
      throw new TypeError(`Cannot launch ${kernel} as its uniform ${name} is missing`);
    }
    if (type === "f32") view.setFloat32(4 * index, value, true);
    else if (value === (type === "u32" ? value >>> 0 : value | 0)) {
      view.setInt32(4 * index, value, true);
    } else {
      throw new RangeError(
        `Cannot launch ${kernel} as its uniform ${name} is ${value}, no ${type}`,
      );
    }
  });
  const known = new Set(members.map(({ name }) => name));
  const unknown = Object.keys(values).filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new TypeError(
      `Cannot launch ${kernel} as its WGSL has no uniform ${unknown.join(", ")}`,
    );
  }
  return new Uint8Array(view.buffer);
}
