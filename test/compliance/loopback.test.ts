/** The compliance suite on the loopback controller. */
import { LOOPBACK } from "./kinds.ts";
import { complianceSuite } from "./suite.ts";

complianceSuite(LOOPBACK);
