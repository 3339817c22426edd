/**
 * Two lamps: one is lit while the link is there, one blinks with traffic. In a rig:
 *
 *     apps: [{ kind: link-leds, link: "13", activity: "12" }]
 */
import type { Timer } from "../../hal/clock.ts";
import type { Led } from "../../hal/gpio.ts";
import type { NetDevice } from "../net/device.ts";
import type { Stack } from "../stack.ts";
import type { App, AppKind } from "./app.ts";
import type { OptionShapes } from "./options.ts";

/** Length of one blink, in ms: long enough to be seen, short enough to tell frames apart. */
const BLINK = 50;

/** The lamps' pins. */
export interface LinkLedsConfig {
  readonly link?: string;
  readonly activity?: string;
}

export class LinkLeds implements App {
  readonly counters: Readonly<Record<string, number>> = {};
  readonly #stack: Stack;
  readonly #device: NetDevice;
  readonly #link: Led | null;
  readonly #activity: Led | null;
  readonly #timer: Timer;
  #untap: () => void = () => {};
  #unwatch: () => void = () => {};

  constructor(stack: Stack, device: NetDevice, link: Led | null, activity: Led | null) {
    this.#stack = stack;
    this.#device = device;
    this.#link = link;
    this.#activity = activity;
    this.#timer = stack.clock.timer(() => activity?.off());
  }

  /** Shows the device's state from now on. */
  start(): void {
    const { network } = this.#stack;
    this.#untap = network.tap((_skb, seen) => {
      if (seen === this.#device) this.#blink();
    });
    this.#unwatch = network.onDeviceEvent((changed) => {
      if (changed === this.#device) this.#show();
    });
    this.#show();
  }

  stop(): void {
    this.#unwatch();
    this.#untap();
    this.#timer.cancel();
    this.#link?.off();
    this.#activity?.off();
  }

  #show(): void {
    if (this.#device.hasCarrier) this.#link?.on();
    else this.#link?.off();
  }

  #blink(): void {
    if (!this.#activity || this.#timer.armed) return;
    this.#activity.on();
    this.#timer.arm(BLINK);
  }
}

const options: OptionShapes<LinkLedsConfig> = {
  link: { is: "pin", example: "13" },
  activity: { is: "pin", example: "12" },
};

/** The lamps follow the rig's first device. */
export const linkLeds: AppKind<LinkLedsConfig> = {
  kind: "link-leds",
  role: "indicator",
  options,
  needsBoard: "lights",
  describe: ({ link, activity }) => {
    const lamps = [link && `link light on pin ${link}`, activity && `activity light on pin ${activity}`];
    return [["lights", "", lamps.filter(Boolean).join(", ")]];
  },
  make: ({ link, activity }, { stack, io, devices }) => {
    const lamp = (pin: string | undefined): Led | null => (pin === undefined ? null : io.led(pin));
    return new LinkLeds(stack, devices[0], lamp(link), lamp(activity));
  },
};
