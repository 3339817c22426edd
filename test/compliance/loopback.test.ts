/** The compliance suite of controllers, on the loopback controller. */
import { LOOPBACK } from "./kinds.ts";
import { complianceSuite } from "./suite.ts";

complianceSuite(LOOPBACK);
