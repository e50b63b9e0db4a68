/** The device that a command's options ask for, and a line that says which it is. */
import { type Device, openDevice } from "../runtime/mod.ts";
import { logger } from "./logging.ts";
import type { CommonOptions } from "./options.ts";

/** Opens the device and logs which. @throws DeviceError where it is not there. */
export async function openChosenDevice(options: CommonOptions): Promise<Device> {
  const device = await openDevice({ kind: options.device, adapter: options.adapter });
  const why = options.device === undefined && device.info.kind === "cpu"
    ? " (no GPU was found; --device webgpu runs the kernels on a software adapter)"
    : "";
  logger("device").info(`Device: ${device.info.kind}, ${device.info.description}${why}`);
  return device;
}
