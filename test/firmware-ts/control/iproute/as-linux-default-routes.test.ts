/** Linux's own `ip route` and ours: default routes of one metric, whose gateways answer or do not. */
import { sameAsLinux } from "./as-linux.ts";

const GATEWAYS = ["10.0.0.2", "10.0.0.3", "10.0.0.4"] as const;

/** The states of the three gateways; `-` where there is no entry. */
const STATES = [
  "- - -",
  "reachable - -",
  "- reachable -",
  "stale - -",
  "stale stale -",
  "stale stale stale",
  "failed - -",
  "failed failed -",
  "failed failed failed",
  "failed failed failed",
  "failed stale -",
  "failed reachable stale",
  "stale reachable -",
  "permanent permanent -",
  "noarp stale -",
  "failed permanent -",
  "incomplete - -",
  "incomplete failed -",
  "- failed reachable",
  "delay - -",
  "probe stale -",
] as const;

const asked = (destination: string): string => `ip route get ${destination}`;

function session(states: string): string[] {
  const entries = states.split(" ").flatMap((state, at) => {
    if (state === "-") return [];
    const address = state === "failed" || state === "incomplete" ? "" : ` lladdr 02:00:00:00:00:0${at + 2}`;
    return [`ip neigh replace ${GATEWAYS[at]}${address} nud ${state} dev eth0`];
  });
  return ["ip neigh flush all", ...entries, ...Array.from({ length: 5 }, () => asked("203.0.113.7"))];
}

sameAsLinux({
  "gateways that answer are taken before those that do not": [
    ...GATEWAYS.map((gateway) => `ip route append default via ${gateway}`),
    "ip route add default via 10.0.0.9 metric 10",
    ...STATES.flatMap(session),
    `${asked("203.0.113.7")} oif eth0`,
    asked("10.0.0.77"),
    "ip route get fibmatch 203.0.113.7",
  ],
});
