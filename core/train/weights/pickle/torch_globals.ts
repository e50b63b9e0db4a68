/** PyTorch's tensors, as pickles make them. @module */
import { callable, name, type PickleFunction } from "./function.ts";
import type { PickleMachine } from "./machine.ts";
import {
  countOf,
  countsOf,
  Opaque,
  PyGlobal,
  PyTuple,
  type PyValue,
  textOf,
  TorchStorage,
  TorchTensor,
} from "./values.ts";
import type { ScalarType } from "../scalar_types.ts";

type Arguments = readonly PyValue[];

/** The number format of each storage class; bytes where it has none. */
const STORAGES: Readonly<Record<string, ScalarType>> = {
  "torch.DoubleStorage": "f64",
  "torch.FloatStorage": "f32",
  "torch.HalfStorage": "f16",
  "torch.BFloat16Storage": "bf16",
  "torch.LongStorage": "i64",
  "torch.IntStorage": "i32",
  "torch.ShortStorage": "i16",
  "torch.CharStorage": "i8",
  "torch.ByteStorage": "u8",
  "torch.BoolStorage": "bool",
  "torch.ComplexFloatStorage": "c64",
  "torch.ComplexDoubleStorage": "c128",
  "torch.UntypedStorage": "u8",
  "torch.storage.UntypedStorage": "u8",
};

const DTYPES: Readonly<Record<string, ScalarType>> = {
  "torch.float64": "f64",
  "torch.float32": "f32",
  "torch.float16": "f16",
  "torch.bfloat16": "bf16",
  "torch.int64": "i64",
  "torch.uint64": "u64",
  "torch.int32": "i32",
  "torch.uint32": "u32",
  "torch.int16": "i16",
  "torch.uint16": "u16",
  "torch.int8": "i8",
  "torch.uint8": "u8",
  "torch.bool": "bool",
  "torch.complex64": "c64",
  "torch.complex128": "c128",
};

/** The functions that may make a tensor with attributes of its own. */
const MAKERS = [
  callable("torch._utils._rebuild_tensor", tensor),
  callable("torch._utils._rebuild_tensor_v2", tensor),
  callable("torch._utils._rebuild_tensor_v3", tensorWithType),
  callable("torch._utils._rebuild_parameter", parameter),
  callable("torch._utils._rebuild_parameter_with_state", parameter),
];

/** Of `torch`. */
export const TORCH_GLOBALS: readonly PickleFunction[] = [
  ...MAKERS,
  callable("torch._tensor._rebuild_from_type_v2", withAttributes),
  callable("torch.Size", ([size]) => size instanceof PyTuple ? size : undefined),
  callable("torch.device", () => new Opaque("a device")),
  callable("torch.serialization._get_layout", () => new Opaque("a layout")),
  ...["torch.Tensor", "torch.nn.parameter.Parameter"].map(name),
  ...Object.keys(STORAGES).map(name),
  ...Object.keys(DTYPES).map(name),
];

/** `(storage, offset, size, stride, …)`. */
function tensor([storage, ...rest]: Arguments): TorchTensor | undefined {
  return storage instanceof TorchStorage ? tensorOf(storage, storage.type, rest) : undefined;
}

/** `(storage, offset, size, stride, requires_grad, hooks, dtype, …)`. */
function tensorWithType(args: Arguments): TorchTensor | undefined {
  const [storage, dtype] = [args[0], args[6]];
  const type = dtype instanceof PyGlobal ? DTYPES[dtype.name] : undefined;
  if (!(storage instanceof TorchStorage) || type === undefined) return undefined;
  return tensorOf(storage, type, args.slice(1));
}

function tensorOf(
  storage: TorchStorage,
  type: ScalarType,
  [start, size, stride]: Arguments,
): TorchTensor | undefined {
  const [offset, shape, strides] = [countOf(start), countsOf(size), countsOf(stride)];
  if (offset === undefined || shape?.length !== strides?.length) return undefined;
  return shape && strides ? new TorchTensor(storage, type, { offset, shape, strides }) : undefined;
}

/** `(data, requires_grad, hooks, …)`. */
function parameter([data]: Arguments): TorchTensor | undefined {
  return data instanceof TorchTensor ? data : undefined;
}

/** `(function, type, arguments, attributes)`. */
function withAttributes(
  [maker = null, type, args]: Arguments,
  machine: PickleMachine,
): PyValue | undefined {
  const isMaker = MAKERS.some(({ global }) => global === maker);
  const isTensor = type instanceof PyGlobal && /\.(Tensor|Parameter)$/.test(type.name);
  if (!isMaker || !isTensor || !(args instanceof PyTuple)) return undefined;
  return machine.call(maker, args.items);
}

/**
 * The storage that a persistent id describes: `("storage", class, key, location, elements)`, in old
 * files with `(view_key, offset, elements)` of a part of it, or None.
 */
export function storageOf(id: PyValue, machine: PickleMachine): TorchStorage {
  const [kind, type, name, _location, size, part] = id instanceof PyTuple ? id.items : [];
  if (textOf(kind) !== "storage") {
    throw machine.fault("refers to something outside of it that is no storage of a tensor");
  }
  const format = type instanceof PyGlobal ? STORAGES[type.name] : undefined;
  const [key, length] = [textOf(name), countOf(size)];
  if (format === undefined || key === undefined || length === undefined) {
    throw machine.fault("describes the storage of a tensor wrongly");
  }
  if (part === undefined || part === null) return new TorchStorage(key, format, length);
  const [_viewKey, offset, count] = part instanceof PyTuple ? part.items : [];
  const [start, partLength] = [countOf(offset), countOf(count)];
  if (start === undefined || partLength === undefined || start + partLength > length) {
    throw machine.fault(`describes a part of the storage ${key} wrongly`);
  }
  return new TorchStorage(key, format, partLength, start);
}
