/** Groups: IGMP and MLD as a host speaks them, filters of sources, datagrams to groups. A chapter is a file of cases. */
import { patientLast, type Suite } from "../../contract/case.ts";
import { groups, versions } from "./groups.ts";
import { sending } from "./sending.ts";
import { cases } from "./story.ts";

export const multicast: Suite = {
  name: "multicast",
  title: "Groups: IGMP, MLD, filters of sources, sending",
  cases: patientLast([...cases(groups, 4), ...cases(groups, 6), ...cases(versions, 4), ...sending]),
};
