/** The compliance suite on the ideal controller. */
import { WIRE } from "./kinds.ts";
import { complianceSuite } from "./suite.ts";

complianceSuite(WIRE);
