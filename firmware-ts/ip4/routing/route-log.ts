/** The kernel's log lines about addresses that may not be there and redirects without effect (net.ipv4.conf.DEV.log_martians). */
import type { Clock } from "../../../hal/clock.ts";
import { ETHERNET_HEADER } from "../../../hal/ethernet.ts";
import { formatIpv4 } from "../../ip/address.ts";
import { RateLimit } from "../../neigh/rate-limit.ts";
import type { NetDevice } from "../../net/device.ts";

/** The address of a packet that may not be there. */
export const Martian = { NONE: 0, SOURCE: 1, DESTINATION: 2 } as const;
export type Martian = (typeof Martian)[keyof typeof Martian];

/** So many events in so many ms are told of (net.core.message_burst, message_cost). */
const BURST = 10;
const INTERVAL = 5000;

export class RouteLog {
  /** Takes a line; null when nobody listens. */
  sink: ((line: string) => void) | null = null;
  readonly #limit: RateLimit;

  constructor(clock: Clock) {
    this.#limit = new RateLimit(clock, INTERVAL, BURST);
  }

  /** A packet was dropped. @param frame offset of its Ethernet header in `bytes` */
  martian(martian: Martian, destination: number, source: number, device: NetDevice, bytes: Uint8Array, frame: number): void {
    if (!this.#allows()) return;
    const [from, to] = [formatIpv4(source), formatIpv4(destination)];
    if (martian === Martian.DESTINATION) {
      this.sink?.(`IPv4: martian destination ${to} from ${from}, dev ${device.name}`);
      return;
    }
    this.sink?.(`IPv4: martian source ${to} from ${from}, on dev ${device.name}`);
    const header = Array.from(bytes.subarray(frame, frame + ETHERNET_HEADER), (octet) => octet.toString(16).padStart(2, "0"));
    this.sink?.(`ll header: 00000000: ${header.join(" ")}`);
  }

  /** A redirect was not believed. @param source and `destination` those of the packet that it is about */
  redirectIgnored(reporter: number, device: NetDevice, gateway: number, source: number, destination: number): void {
    if (!this.#allows()) return;
    this.sink?.(`IPv4: Redirect from ${formatIpv4(reporter)} on ${device.name} about ${formatIpv4(gateway)} ignored`);
    this.sink?.(`  Advised path = ${formatIpv4(source)} -> ${formatIpv4(destination)}`);
  }

  /** A host got as many redirects as there may be, and sends the wrong way still. */
  redirectsIgnored(host: number, device: NetDevice, destination: number, gateway: number): void {
    if (!this.#allows()) return;
    const [to, by] = [formatIpv4(destination), formatIpv4(gateway)];
    this.sink?.(`IPv4: host ${formatIpv4(host)}/if${device.ifindex} ignores redirects for ${to} to ${by}`);
  }

  #allows(): boolean {
    if (!this.sink || !this.#limit.allows()) return false;
    const missed = this.#limit.takeMissed();
    if (missed > 0) this.sink(`net_ratelimit: ${missed} callbacks suppressed`);
    return true;
  }
}
