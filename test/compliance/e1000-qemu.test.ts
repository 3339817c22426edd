/** The compliance suite on QEMU's e1000. */
import { realTime } from "../support/real-time.ts";
import { E1000_QEMU } from "./e1000.ts";
import { complianceSuite } from "./suite.ts";

complianceSuite(E1000_QEMU, realTime);
