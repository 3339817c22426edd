import { LOOPBACK } from "./kinds.ts";
import { complianceSuite } from "./suite.ts";

complianceSuite(LOOPBACK);
