/** ARP for IPv4 and the neighbour machine below it. A chapter is a folder of cases; to add one, add the folder and its name to the list. */
import { type Case, patientLast, type Suite } from "../../contract/case.ts";
import { administration } from "./admin/index.ts";
import { answering } from "./answering/index.ts";
import { asking } from "./asking/index.ts";
import { device } from "./device/index.ts";
import { learning } from "./learning/index.ts";
import { limits } from "./limits/index.ts";
import { locktime } from "./locktime/index.ts";
import { parameters } from "./parameters/index.ts";
import { proxies } from "./proxy/index.ts";
import { queue } from "./queue/index.ts";
import { showing } from "./show/index.ts";
import { states } from "./state/index.ts";
import { statics } from "./static/index.ts";
import { unreachable } from "./unreachable/index.ts";
import { validation } from "./validation/index.ts";

const chapters: readonly (readonly Case[])[] = [
  statics,
  administration,
  learning,
  asking,
  answering,
  validation,
  locktime,
  queue,
  unreachable,
  states,
  proxies,
  parameters,
  showing,
  device,
  limits,
];

export const arp: Suite = {
  name: "arp",
  title: "ARP and the neighbour table",
  cases: patientLast(chapters.flat()),
};
