/** The compliance suite on the e1000 model. */
import { E1000_MODEL } from "./e1000.ts";
import { complianceSuite } from "./suite.ts";

for (const kind of E1000_MODEL) complianceSuite(kind);
