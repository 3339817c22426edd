/** Conflicts of IPv4 addresses: found before an address is used, and afterwards. A chapter is a file of cases. */
import { patientLast, type Suite } from "../../contract/case.ts";
import { detection } from "./detection.ts";
import { linkLocal } from "./link-local.ts";

export const acd: Suite = {
  name: "acd",
  title: "address conflicts: probes, announcements, defence, link-local addresses",
  cases: patientLast([...detection, ...linkLocal]),
};
