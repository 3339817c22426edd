/** The neighbour machine knows no family: its cases of the suite arp, with IPv6 addresses and neighbour discovery. */
import type { Case } from "../../../contract/case.ts";
import { byHand } from "../../arp/admin/by-hand.ts";
import { managed } from "../../arp/admin/managed.ts";
import { soliciting } from "../../arp/asking/solicit.ts";
import { order } from "../../arp/queue/order.ts";
import { changing } from "../../arp/state/addresses.ts";
import { basic } from "../../arp/state/basic.ts";
import { sending } from "../../arp/state/output.ts";
import { timed } from "../../arp/state/time.ts";
import { basic as statics } from "../../arp/static/basic.ts";
import { overIpv6 } from "../kit/family.ts";

/** Cases that hold for ARP alone, and why; by the beginning of their ids. */
const ARP_ALONE: Readonly<Record<string, string>> = {
  "ARP-Q-17": "a failed entry takes no advertisement (RFC 4861 7.2.5)",
  "NUD-17": "likewise",
  "ARP-S-26": "names IPv4 addresses",
  "ARP-U-57": "there is no locktime in neighbour discovery",
  "ARP-U-02": "likewise",
  "ARP-U-04": "an answer to a solicitation uses the asker's entry, so that it does not stay stale",
  "ARP-U-07": "likewise",
  "NUD-23": "likewise",
  "NUD-49": "an advertisement without R takes the flag router away",
};

const shared: readonly Case[] = [
  ...statics,
  ...byHand,
  ...managed,
  ...soliciting,
  ...order,
  ...basic,
  ...sending,
  ...changing,
  ...timed,
];

function holdsForBoth({ id }: Case): boolean {
  return !Object.keys(ARP_ALONE).some((prefix) => id === prefix || id.startsWith(`${prefix}/`));
}

export const machine: readonly Case[] = overIpv6(shared.filter(holdsForBoth)).map((one) => ({ ...one, id: `IPv6/${one.id}` }));
