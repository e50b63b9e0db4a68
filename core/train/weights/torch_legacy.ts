/**
 * PyTorch's form before 1.6: pickles of a magic number, the protocol, the machine, the object and the
 * storages' keys, then each storage as its length in elements and its bytes.
 * @module
 */
import { type ByteSource, fault, printable } from "./byte_source.ts";
import { unpickle } from "./pickle/unpickle.ts";
import { PickleCursor } from "./pickle/cursor.ts";
import { tensorHost } from "./pickle/globals.ts";
import { PickleMachine } from "./pickle/machine.ts";
import { PyDict, PyList, type PyValue, textOf, type TorchStorage } from "./pickle/values.ts";
import { bytesOf } from "./scalar_types.ts";
import { storageOf } from "./pickle/torch_globals.ts";
import type { Unpickled } from "./weight_tensors.ts";

/** The first pickle of the legacy form. */
const MAGIC = 0x1950a86a20f9469cfc6cn;

const PROTOCOL = 1001;

/** Where a storage's numbers are. */
interface Extent {
  readonly offset: number;
  readonly length: number;
}

/**
 * The value of a file that begins with a pickle: a legacy `.pth` by its magic number, else a plain
 * pickle, whose arrays are inside.
 * @throws DataError for what is neither
 */
export function readPickles(source: ByteSource): Unpickled & { readonly isTorch: boolean } {
  const cursor = new PickleCursor(source);
  const value = unpickle(new PickleMachine(cursor, tensorHost()));
  if (value === MAGIC) return { ...readLegacy(source, cursor), isTorch: true };
  const storage = (_: TorchStorage, name: string): never => {
    throw fault(source, `lacks the numbers of ${printable(name)}`);
  };
  return { value, storage, isTorch: false };
}

function readLegacy(source: ByteSource, cursor: PickleCursor): Unpickled {
  const storages = new Map<string, TorchStorage>();
  const load = (id: PyValue, machine: PickleMachine): TorchStorage => {
    const storage = storageOf(id, machine);
    const known = storages.get(storage.key);
    if (known && known.type !== storage.type) {
      throw machine.fault(`reads the storage ${printable(storage.key)} as two types`);
    }
    storages.set(storage.key, storage);
    return storage;
  };
  const machine = new PickleMachine(cursor, tensorHost(load));
  requireKnown(source, unpickle(machine), unpickle(machine));
  const value = unpickle(machine);
  const keys = keysOf(source, unpickle(machine));
  const extents = locate(source, cursor.position, { keys, storages });
  return {
    value,
    storage: ({ key }, name) => {
      const extent = extents.get(key);
      if (extent) return source.read(extent.offset, extent.length);
      throw fault(source, `is truncated or broken: it lacks the numbers of ${printable(name)}`);
    },
    verify: () => {
      if (extents.size < keys.length) throw fault(source, "is truncated behind its weights");
    },
  };
}

function requireKnown(source: ByteSource, protocol: PyValue, system: PyValue): void {
  if (protocol !== PROTOCOL) throw fault(source, "is of an unknown version of PyTorch's format");
  if (!(system instanceof PyDict) || system.entries.get("little_endian") !== true) {
    throw fault(source, "was written in big-endian order", "save it on a little-endian machine");
  }
}

function keysOf(source: ByteSource, value: PyValue): string[] {
  const keys = value instanceof PyList ? value.items.map(textOf) : [undefined];
  if (keys.every((key) => key !== undefined)) return keys;
  throw fault(source, "has a broken list of storages");
}

/**
 * Where each storage's numbers are: they follow each other in the order of `keys`. Those that the
 * file ends before are left out: the tensor that lacks them has a name, they do not.
 */
function locate(
  source: ByteSource,
  start: number,
  { keys, storages }: { keys: readonly string[]; storages: ReadonlyMap<string, TorchStorage> },
): ReadonlyMap<string, Extent> {
  const extents = new Map<string, Extent>();
  let at = start;
  for (const key of keys) {
    const storage = storages.get(key);
    if (!storage || extents.has(key)) throw fault(source, "has a broken list of storages");
    if (source.size - at < 8) break;
    const count = new DataView(source.read(at, 8).buffer).getBigInt64(0, true);
    const extent = { offset: at + 8, length: Number(count) * bytesOf(storage.type) };
    if (extent.length < 0 || extent.length > source.size - extent.offset) break;
    extents.set(key, extent);
    at = extent.offset + extent.length;
  }
  return extents;
}
