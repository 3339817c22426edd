/** A record for each device, made when it is first asked for. */
import type { NetDevice } from "./device.ts";

export class PerDevice<Kept extends object> {
  readonly #make: () => Kept;
  readonly #records = new Map<NetDevice, Kept>();
  /** The device that was asked for last: most packets come by the same device as the one before. */
  #lastDevice: NetDevice | null = null;
  #last: Kept | null = null;

  constructor(make: () => Kept) {
    this.#make = make;
  }

  of(device: NetDevice): Kept {
    if (device !== this.#lastDevice) {
      this.#last = this.#find(device);
      this.#lastDevice = device;
    }
    return this.#last as Kept;
  }

  values(): Iterable<Kept> {
    return this.#records.values();
  }

  /** Forgets a device that is gone. */
  forget(device: NetDevice): void {
    this.#records.delete(device);
    if (device === this.#lastDevice) this.#lastDevice = null;
  }

  #find(device: NetDevice): Kept {
    let record = this.#records.get(device);
    if (record === undefined) {
      record = this.#make();
      this.#records.set(device, record);
    }
    return record;
  }
}
