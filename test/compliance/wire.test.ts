import { WIRE } from "./kinds.ts";
import { complianceSuite } from "./suite.ts";

complianceSuite(WIRE);
