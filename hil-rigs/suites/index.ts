import type { Suite } from "../contract/case.ts";
import { arp } from "./arp/index.ts";
import { telemetry } from "./telemetry/index.ts";

export const SUITES: readonly Suite[] = [arp, telemetry];
