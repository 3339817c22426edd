/** ARP for IPv4 and the neighbour machine below it. A family is a file of cases; add a file, and its name to the list. */
import type { Suite } from "../../contract/case.ts";
import { accepting } from "./accept.ts";
import { announcing } from "./arp-announce.ts";
import { ignoring } from "./arp-ignore.ts";
import { probes } from "./dad.ts";
import { deviceEvents } from "./device-events.ts";
import { failures } from "./errors.ts";
import { generation } from "./generation.ts";
import { learning } from "./learning.ts";
import { limits } from "./limits.ts";
import { matrix } from "./matrix.ts";
import { administration } from "./nud-admin.ts";
import { parameters } from "./parameters.ts";
import { proxies } from "./proxy.ts";
import { queue } from "./queue.ts";
import { waiting } from "./queue-bytes.ts";
import { reception } from "./reception.ts";
import { showing } from "./show.ts";
import { soliciting } from "./solicit.ts";
import { states } from "./state.ts";
import { statesMore } from "./state-more.ts";
import { statics } from "./static.ts";
import { staticsMore } from "./static-more.ts";
import { updates } from "./update.ts";
import { validation } from "./validation.ts";
import { fields } from "./validation-fields.ts";
export const arp: Suite = {
  name: "arp",
  title: "ARP and the neighbour table",
  cases: [
    ...statics,
    ...staticsMore,
    ...administration,
    ...learning,
    ...accepting,
    ...generation,
    ...soliciting,
    ...announcing,
    ...reception,
    ...ignoring,
    ...validation,
    ...fields,
    ...probes,
    ...updates,
    ...queue,
    ...waiting,
    ...failures,
    ...states,
    ...statesMore,
    ...matrix,
    ...proxies,
    ...parameters,
    ...showing,
    ...deviceEvents,
    ...limits,
  ],
};
