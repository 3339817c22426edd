/** The compliance suite on a TAP device. */
import { realTime } from "../support/real-time.ts";
import { TAP } from "./kinds.ts";
import { complianceSuite } from "./suite.ts";

complianceSuite(TAP, realTime);
