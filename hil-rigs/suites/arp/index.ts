/** ARP for IPv4 and the neighbour machine below it. A family is a file of cases; add a file, and its name to the list. */
import type { Suite } from "../../contract/case.ts";
import { accepting } from "./accept.ts";
import { announcing } from "./arp-announce.ts";
import { ignoring } from "./arp-ignore.ts";
import { generation } from "./generation.ts";
import { learning } from "./learning.ts";
import { matrix } from "./matrix.ts";
import { queue } from "./queue.ts";
import { reception } from "./reception.ts";
import { soliciting } from "./solicit.ts";
import { states } from "./state.ts";
import { statics } from "./static.ts";
import { updates } from "./update.ts";
import { validation } from "./validation.ts";

export const arp: Suite = {
  name: "arp",
  title: "ARP and the neighbour table",
  cases: [
    ...statics,
    ...learning,
    ...accepting,
    ...generation,
    ...soliciting,
    ...announcing,
    ...reception,
    ...ignoring,
    ...validation,
    ...updates,
    ...queue,
    ...states,
    ...matrix,
  ],
};
