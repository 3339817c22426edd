/** Run before the tests (package.json, `pretest`): removes the evidence of the last run, and what a run left behind that was killed. */
import { rmSync } from "node:fs";
import { EVIDENCE } from "./evidence.ts";
import { removeOrphans } from "./orphans.ts";

rmSync(EVIDENCE, { recursive: true, force: true });
for (const line of removeOrphans()) console.error(`left behind by a run that was killed, removed: ${line}`);
