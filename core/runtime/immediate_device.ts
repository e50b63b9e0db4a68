/** What devices share that have done their work when a launch returns: nothing is ever under way. */
import type { MemoryUse } from "./device.ts";
import { type DeviceProfile, type HostMeter, HostProfile } from "./profile.ts";

/** What a device takes its memory from. */
interface Memory {
  trim(): void;
  resetPeak(): void;
  use(): MemoryUse;
}

/** The half of a {@link Device} that waits and counts, where there is nothing to wait for. */
export abstract class ImmediateDevice<M extends Memory> {
  protected readonly pool: M;
  /** The profile that is being taken, if any. */
  protected profiling: HostProfile | undefined;

  constructor(pool: M) {
    this.pool = pool;
  }

  flush(): void {}
  check(): void {}
  finish(): Promise<void> {
    return Promise.resolve();
  }
  startQuickly(): void {}
  measurePending(): Promise<void> {
    return Promise.resolve();
  }

  abstract profile(): DeviceProfile;

  protected startProfile(
    clock: "host" | "none",
    { meter, onStop }: { readonly meter?: HostMeter; readonly onStop?: () => void } = {},
  ): HostProfile {
    this.profiling?.stop();
    return this.profiling = new HostProfile(clock, {
      meter,
      onStop: () => {
        this.profiling = undefined;
        onStop?.();
      },
    });
  }

  memory(): MemoryUse {
    return this.pool.use();
  }

  resetPeak(): void {
    this.pool.resetPeak();
  }

  close(): void {
    this.pool.trim();
  }
}
