/** The compliance suite on AF_PACKET. */
import { realTime } from "../support/real-time.ts";
import { PACKET } from "./kinds.ts";
import { complianceSuite } from "./suite.ts";

complianceSuite(PACKET, realTime);
