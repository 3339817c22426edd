/** The end of a packet's way through the driver: to the host, or into the statistics. */
import type { ControllerHost } from "../../hal/ethernet.ts";
import type { SkBuff } from "../../hal/skbuff.ts";
import { ReceiveStatus } from "./registers.ts";
import type { ReceiveRing } from "./ring.ts";
import type { Session } from "./session.ts";

export class Delivery {
  readonly #session: Session;
  readonly #ring: ReceiveRing;

  /** @param ring has the header of the packet that is at its end */
  constructor(session: Session, ring: ReceiveRing) {
    this.#session = session;
    this.#ring = ring;
  }

  deliver(skb: SkBuff): void {
    const { host, statistics } = this.#session;
    const { length, status } = this.#ring;
    statistics.rxPackets++;
    statistics.rxBytes += length;
    if ((status & (ReceiveStatus.MULTICAST | ReceiveStatus.BROADCAST)) === ReceiveStatus.MULTICAST) statistics.rxMulticast++;
    this.#session.received = true;
    (host as ControllerHost).receive(skb);
  }

  /** The chip says that it came damaged. */
  countDamage(): void {
    const { statistics } = this.#session;
    statistics.rxErrors++;
    if ((this.#ring.status & ReceiveStatus.CRC_ERROR) !== 0) statistics.rxCrcErrors++;
    else statistics.rxLengthErrors++;
  }

  /** The chip had received it well. */
  damagedOnTheBus(): void {
    this.#session.statistics.rxErrors++;
    this.#session.statistics.rxCrcErrors++;
  }
}
