/** What a profile of the CPU device counts while a launch runs. */
import type { HostMeter } from "../profile.ts";

let meter: HostMeter | undefined;

/** Adds to `target` what is done from now on, until this is called with another or none. */
export function meterHost(target: HostMeter | undefined): void {
  meter = target;
}

/** The meter of the profile that is being taken, if any. */
export function hostMeter(): HostMeter | undefined {
  return meter;
}
