/**
 * The gateway's LLDP frames (IEEE 802.1AB), as routers send them. They end at the switch, which learns from them where the gateway is: a
 * gateway that only takes datagrams would be forgotten after 300 s, and every datagram would be flooded to every node.
 */
import type { Timer, VirtualClock } from "../../hal/clock.ts";
import type { NetDevice } from "../net/device.ts";

/** Nearest bridge (table 7-1). */
const DESTINATION = [0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e];
export const ETH_P_LLDP = 0x88cc;
/** msgTxInterval, and the life of what was told: msgTxHold times that (9.2.5). */
const INTERVAL = 30_000;
const LIFE_SECONDS = 120;
/** Chassis and port, each by its MAC address (8.5.2, 8.5.3). */
const CHASSIS = [0x02, 0x07, 0x04];
const PORT = [0x04, 0x07, 0x03];
const TIME_TO_LIVE = [0x06, 0x02, 0x00, LIFE_SECONDS];
const END = [0x00, 0x00];

export class LldpSender {
  readonly #device: NetDevice;
  readonly #frame: Uint8Array;
  readonly #timer: Timer;

  constructor(clock: VirtualClock, device: NetDevice) {
    const { address } = device;
    const header = [...DESTINATION, ...address, ETH_P_LLDP >> 8, ETH_P_LLDP & 0xff];
    this.#device = device;
    this.#frame = Uint8Array.from([...header, ...CHASSIS, ...address, ...PORT, ...address, ...TIME_TO_LIVE, ...END]);
    this.#timer = clock.timer(() => this.#send());
  }

  /** The first frame leaves at once. */
  start(): void {
    this.#send();
  }

  stop(): void {
    this.#timer.cancel();
  }

  #send(): void {
    const skb = this.#device.pool.allocate();
    if (skb) {
      skb.bytes.set(this.#frame, skb.put(this.#frame.length));
      this.#device.transmit(skb);
    }
    this.#timer.arm(INTERVAL);
  }
}
