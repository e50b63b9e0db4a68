/** The device that a command's options ask for, and a line that says which it is. */
import { type Device, openExplained } from "../runtime/mod.ts";
import { logger } from "./logging.ts";
import type { CommonOptions } from "./options.ts";

/**
 * Opens the device, logs which, does `work` and closes it.
 * @throws DeviceError where it is not there, and for any fault of it that `work` did not meet
 */
export async function withDevice<T>(
  options: CommonOptions & { readonly profile?: boolean },
  work: (device: Device) => Promise<T>,
): Promise<T> {
  const { device, note } = await openExplained({
    kind: options.device,
    adapter: options.adapter,
    timestamps: options.profile,
  });
  logger("device").info(note);
  try {
    const result = await work(device);
    await device.finish();
    return result;
  } catch (error) {
    // The software adapter's threads must be idle when the process exits; `error` says what is wrong.
    await device.finish().catch(() => {});
    throw error;
  } finally {
    device.close();
  }
}
