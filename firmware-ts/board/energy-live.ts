/**
 * The joules of a running node so far. What the device counts anyway is read when somebody asks, so that no frame costs more for it:
 *
 *     const joules = liveEnergy(rig, clock, { stack, device });
 *     console.log(joules?.());
 */
import type { Clock } from "../../hal/clock.ts";
import { ETHERNET_HEADER, MIN_FRAME } from "../../hal/ethernet.ts";
import type { AppDevice } from "../apps/app.ts";
import { type FrameTally, ledgerOf, type Tally } from "./energy/ledger.ts";
import { parametersOf, valuesOf } from "./energy/parameters.ts";
import { busRateOf } from "./energy-twin.ts";
import type { Rig } from "./rig/rig.ts";

/** The padding of an ARP frame, which a device's statistics do not have (RFC 826: 28 bytes behind the header). */
const ARP_PADDING: number = MIN_FRAME - ETHERNET_HEADER - 28;
/** An SPI transaction has its command and an octet of data, beside the frames' own octets. */
const COMMAND_BYTES = 2;

/**
 * Begins to count, by the parameters of the rig's `energy:`.
 * @param clock goes on while the node sleeps
 * @returns joules since now, as far as the parameters are known; null for a rig without that key, or of several devices
 */
export function liveEnergy(rig: Rig, clock: Clock, { stack, device }: AppDevice): (() => number) | null {
  const [config, ...others] = rig.devices;
  if (!rig.energy || !config || others.length > 0) return null;
  const parameters = valuesOf(parametersOf(rig.energy, config.driver, busRateOf(config)));
  const sleep = new SleepTimes(clock.now());
  stack.network.onDeviceEvent((one) => {
    if (one === device) sleep.note(clock.now(), device.power.asleep, device.power.controller !== "down");
  });
  return () => {
    sleep.note(clock.now(), device.power.asleep, device.power.controller !== "down");
    return sleep.span > 0 ? ledgerOf({ ...sleep.times, ...countsOf({ stack, device }) }, parameters).joules : 0;
  };
}

/** The device's traffic. What is due to ARP makes no difference for the sum, and is not told apart. */
function countsOf({ stack, device }: AppDevice): Pick<Tally, "sent" | "received" | "resolution" | "bus" | "datagrams"> {
  const { txPackets, txBytes, rxPackets, rxBytes } = device.statistics;
  const { requestsBroadcast, requestsUnicast, repliesSent } = stack.neighbours(4).counters(device);
  const asked = requestsBroadcast + requestsUnicast + repliesSent;
  const sent = { frames: txPackets, bytes: txBytes + asked * ARP_PADDING };
  const [, transactions = 0] = device.controller.driverStatistics?.().find(([name]) => name === "bus_transactions") ?? [];
  const bytes = transactions > 0 ? txBytes + rxBytes + COMMAND_BYTES * transactions : 0;
  const none: FrameTally = { frames: 0, bytes: 0 };
  return {
    sent,
    received: { frames: rxPackets, bytes: rxBytes },
    resolution: { sent: none, received: none, waiting: 0 },
    bus: { transactions, bytes },
    datagrams: 0,
  };
}

/** For how long a device was asleep, in ms. */
class SleepTimes {
  readonly #since: number;
  #at: number;
  #asleep = false;
  #listens = false;
  #slept = 0;
  #listened = 0;
  #wakes = 0;

  constructor(now: number) {
    this.#since = now;
    this.#at = now;
  }

  /** Notes the state that the device has from now on. */
  note(now: number, asleep: boolean, listens: boolean): void {
    const passed = now - this.#at;
    this.#at = now;
    if (this.#asleep) {
      this.#slept += passed;
      if (this.#listens) this.#listened += passed;
      if (!asleep) this.#wakes++;
    }
    this.#asleep = asleep;
    this.#listens = listens;
  }

  /** From the beginning to what was noted last, ms. */
  get span(): number {
    return this.#at - this.#since;
  }

  get times(): Pick<Tally, "span" | "asleep" | "listening" | "wakes"> {
    return { span: this.span, asleep: this.#slept, listening: this.#listened, wakes: this.#wakes };
  }
}
