/** PyTorch's zip form (since 1.6): `NAME/data.pkl` and one entry a storage, `NAME/data/KEY`. @module */
import { type ByteSource, fault, MemorySource, printable } from "./byte_source.ts";
import { unpickle } from "./pickle/unpickle.ts";
import { PickleCursor } from "./pickle/cursor.ts";
import { tensorHost } from "./pickle/globals.ts";
import { PickleMachine } from "./pickle/machine.ts";
import { latin1Text } from "./pickle/values.ts";
import { storageOf } from "./pickle/torch_globals.ts";
import type { Unpickled } from "./weight_tensors.ts";
import { ZipArchive } from "./zip_archive.ts";

const ENTRY = /^([^/]+)\/data\.pkl$/;

/** Reads all but the storages. @throws DataError for a broken archive, or one that is no checkpoint. */
export function readTorchZip(source: ByteSource): Unpickled {
  const archive = new ZipArchive(source);
  const names = [...archive.entries.keys()];
  const [pickle, ...others] = names.filter((name) => ENTRY.test(name));
  const root = pickle?.match(ENTRY)?.[1];
  const entry = archive.entries.get(pickle ?? "");
  if (root === undefined || entry === undefined || others.length > 0) {
    throw fault(
      source,
      "is a zip archive without the data.pkl of a PyTorch checkpoint",
      "name a file that torch.save wrote",
    );
  }
  if (archive.entries.has(`${root}/constants.pkl`)) {
    throw fault(source, "is a TorchScript program", "save the model's state_dict() instead");
  }
  requireLittleEndian(source, archive, root);
  const cursor = new PickleCursor(new MemorySource(source.path, archive.read(entry)));
  const value = unpickle(new PickleMachine(cursor, tensorHost(storageOf)));
  return {
    value,
    storage: ({ key }, name) => {
      const found = archive.entries.get(`${root}/data/${key}`);
      if (found) return archive.read(found, `the tensor ${printable(name)}`);
      throw fault(source, `lacks the numbers of ${printable(name)}`);
    },
    verify: () => archive.verifyOthers(),
  };
}

function requireLittleEndian(source: ByteSource, archive: ZipArchive, root: string): void {
  const entry = archive.entries.get(`${root}/byteorder`);
  if (entry && latin1Text(archive.read(entry)) !== "little") {
    throw fault(source, "was written in big-endian order", "save it on a little-endian machine");
  }
}
