/** The compliance suite on the ENC28J60 model, on its own bus and behind a Pico's. */
import { ENC28J60, PICO } from "./kinds.ts";
import { complianceSuite } from "./suite.ts";

for (const kind of [...ENC28J60, PICO]) complianceSuite(kind);
