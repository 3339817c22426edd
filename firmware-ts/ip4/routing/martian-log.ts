/** The kernel's log lines about packets with addresses that may not be there (net.ipv4.conf.DEV.log_martians). */
import type { Clock } from "../../../hal/clock.ts";
import { ETHERNET_HEADER } from "../../../hal/ethernet.ts";
import { formatIpv4 } from "../../ip/address.ts";
import { RateLimit } from "../../neigh/rate-limit.ts";
import type { NetDevice } from "../../net/device.ts";

/** The address of a packet that may not be there. */
export const Martian = { NONE: 0, SOURCE: 1, DESTINATION: 2 } as const;
export type Martian = (typeof Martian)[keyof typeof Martian];

/** So many packets in so many ms are told of (net.core.message_burst, message_cost). */
const BURST = 10;
const INTERVAL = 5000;

/** Says who sent such a packet, and with which link addresses. */
export class MartianLog {
  /** Takes a line; null when nobody listens. */
  sink: ((line: string) => void) | null = null;
  readonly #limit: RateLimit;

  constructor(clock: Clock) {
    this.#limit = new RateLimit(clock, INTERVAL, BURST);
  }

  /** @param frame offset of the frame's Ethernet header in `bytes` */
  say(martian: Martian, destination: number, source: number, device: NetDevice, bytes: Uint8Array, frame: number): void {
    const { sink } = this;
    if (!sink || !this.#limit.allows()) return;
    const missed = this.#limit.takeMissed();
    if (missed > 0) sink(`net_ratelimit: ${missed} callbacks suppressed`);
    const [from, to] = [formatIpv4(source), formatIpv4(destination)];
    if (martian === Martian.DESTINATION) {
      sink(`IPv4: martian destination ${to} from ${from}, dev ${device.name}`);
      return;
    }
    sink(`IPv4: martian source ${to} from ${from}, on dev ${device.name}`);
    const header = Array.from(bytes.subarray(frame, frame + ETHERNET_HEADER), (octet) => octet.toString(16).padStart(2, "0"));
    sink(`ll header: 00000000: ${header.join(" ")}`);
  }
}
