/** The list of all suites: to add one, add its folder and a line here. */
import type { Suite } from "../contract/case.ts";
import { arp } from "./arp/index.ts";
import { ip } from "./ip/index.ts";
import { ip6 } from "./ip6/index.ts";
import { nd } from "./nd/index.ts";
import { telemetry } from "./telemetry/index.ts";

export const SUITES: readonly Suite[] = [arp, nd, ip, ip6, telemetry];
