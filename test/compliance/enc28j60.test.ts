/** The compliance suite of controllers, on the ENC28J60 driver over each simulated bus. */
import { ENC28J60, PICO } from "./kinds.ts";
import { complianceSuite } from "./suite.ts";

for (const kind of [...ENC28J60, PICO]) complianceSuite(kind);
