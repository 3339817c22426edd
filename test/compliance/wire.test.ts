/** The compliance suite of controllers, on the ideal NIC of the simulated wire. */
import { WIRE } from "./kinds.ts";
import { complianceSuite } from "./suite.ts";

complianceSuite(WIRE);
