/** A DHCP client, against a server that is played message by message. A chapter is a file of cases. */
import { patientLast, type Suite } from "../../contract/case.ts";
import { leasing } from "./leasing.ts";
import { renewal } from "./renewal.ts";

export const dhcp: Suite = {
  name: "dhcp",
  title: "a DHCP client: leases, hostile offers, renewal, restarts",
  cases: patientLast([...renewal, ...leasing]),
};
