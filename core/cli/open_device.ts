/** The device that a command's options ask for, and a line that says which it is. */
import { type Device, openExplained } from "../runtime/mod.ts";
import { logger } from "./logging.ts";
import type { CommonOptions } from "./options.ts";

/** Opens the device and logs which. @throws DeviceError where it is not there. */
export async function openChosenDevice(options: CommonOptions): Promise<Device> {
  const { device, note } = await openExplained({ kind: options.device, adapter: options.adapter });
  logger("device").info(note);
  return device;
}
