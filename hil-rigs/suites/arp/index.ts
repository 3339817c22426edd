/** ARP for IPv4 and the neighbour machine below it. A family is a file of cases; add a file, and its name to the list. */
import type { Case, Suite } from "../../contract/case.ts";
import { accepting } from "./accept.ts";
import { announcing } from "./arp-announce.ts";
import { ignoring } from "./arp-ignore.ts";
import { probes } from "./dad.ts";
import { deviceEvents } from "./device-events.ts";
import { edges } from "./edges.ts";
import { failures } from "./errors.ts";
import { forwards } from "./forwarding.ts";
import { generation } from "./generation.ts";
import { learning } from "./learning.ts";
import { limits } from "./limits.ts";
import { managed } from "./managed.ts";
import { matrix } from "./matrix.ts";
import { administration } from "./nud-admin.ts";
import { parameters } from "./parameters.ts";
import { pressure } from "./pressure.ts";
import { proxies } from "./proxy.ts";
import { queue } from "./queue.ts";
import { waiting } from "./queue-bytes.ts";
import { reception } from "./reception.ts";
import { senders } from "./senders.ts";
import { showing } from "./show.ts";
import { showingMore } from "./show-more.ts";
import { soliciting } from "./solicit.ts";
import { states } from "./state.ts";
import { statesMore } from "./state-more.ts";
import { statics } from "./static.ts";
import { staticsMore } from "./static-more.ts";
import { traffic } from "./traffic.ts";
import { updates } from "./update.ts";
import { validation } from "./validation.ts";
import { fields } from "./validation-fields.ts";

const families: readonly Case[] = [
  ...statics,
  ...staticsMore,
  ...administration,
  ...managed,
  ...learning,
  ...accepting,
  ...generation,
  ...soliciting,
  ...announcing,
  ...reception,
  ...ignoring,
  ...senders,
  ...validation,
  ...fields,
  ...probes,
  ...updates,
  ...queue,
  ...waiting,
  ...traffic,
  ...failures,
  ...forwards,
  ...states,
  ...statesMore,
  ...matrix,
  ...proxies,
  ...parameters,
  ...edges,
  ...showing,
  ...showingMore,
  ...deviceEvents,
  ...limits,
  ...pressure,
];

/** Cases that let more than a second pass. They come last and so, where time is real, wait side by side. */
const PATIENT: ReadonlySet<string> = new Set([
  "ARP-C-11/carrier",
  "ARP-G-11/silence",
  "ARP-G-21",
  "ARP-G-22",
  "ARP-G-31/retrans-400",
  "ARP-G-34",
  "ARP-P-08/qlen-0",
  "ARP-P-08/qlen-3",
  "ARP-P-08/qlen-9",
  "ARP-Q-13",
  "ARP-Q-15",
  "ARP-Q-16",
  "ARP-S-07",
  "ARP-S-07/unused",
  "ARP-S-09",
  "ARP-S-29",
  "ARP-S-30",
  "ARP-T-01",
  "ARP-T-03",
  "ARP-T-04",
  "ARP-T-05",
  "ARP-T-06",
  "ARP-U-02",
  "LNK-02/evict-all-0-dev-1",
  "LNK-02/evict-all-1-dev-0",
  "NUD-03",
  "NUD-11",
  "NUD-14",
  "NUD-15",
  "NUD-16",
  "NUD-21",
  "NUD-39",
  "NUD-40/base-0-delay-1",
  "NUD-42",
  "NUD-44",
]);

export const arp: Suite = {
  name: "arp",
  title: "ARP and the neighbour table",
  cases: [...families.filter(({ id }) => !PATIENT.has(id)), ...families.filter(({ id }) => PATIENT.has(id))],
};
