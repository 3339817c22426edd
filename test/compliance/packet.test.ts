import { PACKET } from "./kinds.ts";
import { complianceSuite } from "./suite.ts";

complianceSuite(PACKET);
