/** Operations that launches say they take. */
import type { Device } from "../core/runtime/mod.ts";

/** Floating-point operations of the launches of `run`. */
export async function flopsOfLaunches(
  device: Device,
  run: () => Promise<unknown>,
): Promise<number> {
  const profile = device.profile();
  await run();
  const launches = await profile.take();
  profile.stop();
  return launches.reduce((sum, { flops }) => sum + flops, 0);
}
