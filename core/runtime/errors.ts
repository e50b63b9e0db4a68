/**
 * Errors that a user may see, and the exit code each ends the process with.
 *
 * A message is one clear sentence: what is wrong, where (file, image id, key), what to do.
 * Anything that is not a {@link UserError} is a fault of ours and keeps its stack.
 * @module
 */

/** Exit codes of every command. */
export const EXIT = {
  ok: 0,
  fault: 1,
  usage: 2,
  data: 3,
  device: 4,
  interrupted: 130,
  terminated: 143,
} as const;

/** The base of all errors whose message alone tells the user what to do. */
export class UserError extends Error {
  /** The process's exit code when this error ends a command. */
  readonly exitCode: number = EXIT.fault;
  override name = "UserError";
}

/** A wrong flag, key, value or experiment name; found before any device work. */
export class UsageError extends UserError {
  override readonly exitCode = EXIT.usage;
  override name = "UsageError";
}

/** A missing, broken or inconsistent file of the user's data. */
export class DataError extends UserError {
  override readonly exitCode = EXIT.data;
  override name = "DataError";
}

/** No adapter, a kernel that does not compile, memory that ran out, a lost device. */
export class DeviceError extends UserError {
  override readonly exitCode = EXIT.device;
  override name = "DeviceError";
}
