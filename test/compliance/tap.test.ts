import { TAP } from "./kinds.ts";
import { complianceSuite } from "./suite.ts";

complianceSuite(TAP);
