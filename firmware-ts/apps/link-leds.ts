/** Two lamps: one lit while the link is there, one that blinks with traffic. */
import type { Timer } from "../../hal/clock.ts";
import type { Led } from "../../hal/gpio.ts";
import type { NetDevice } from "../net/device.ts";
import type { Stack } from "../stack.ts";

/** How long one blink lasts, in ms: long enough to be seen, short enough to tell frames apart. */
const BLINK = 50;

export class LinkLeds {
  readonly #link: Led | null;
  readonly #activity: Led | null;
  readonly #timer: Timer;
  readonly #untap: () => void;
  #stopped = false;

  /** Shows the state of `device` from now on. */
  constructor(stack: Stack, device: NetDevice, link: Led | null, activity: Led | null) {
    this.#link = link;
    this.#activity = activity;
    this.#timer = stack.clock.timer(() => activity?.off());
    this.#untap = stack.network.tap((_skb, seen) => {
      if (seen === device) this.#blink();
    });
    stack.network.onDeviceEvent((changed) => {
      if (changed === device && !this.#stopped) this.#show(device);
    });
    this.#show(device);
  }

  stop(): void {
    this.#stopped = true;
    this.#untap();
    this.#timer.cancel();
    this.#link?.off();
    this.#activity?.off();
  }

  #show(device: NetDevice): void {
    if (device.hasCarrier) this.#link?.on();
    else this.#link?.off();
  }

  #blink(): void {
    if (!this.#activity || this.#timer.armed) return;
    this.#activity.on();
    this.#timer.arm(BLINK);
  }
}
