/** Events that a gateway, and the node that sends by it, may meet with. */
import type { Bench } from "../../contract/bench.ts";
import type { Gateway } from "./gateway.ts";

/** One thing that is done at a time, in ms from the event's beginning. */
export interface Step {
  readonly at: number;
  /** @param again gives the node its addresses of neighbours again, as its start does */
  act(bench: Bench, gateway: Gateway, again: () => Promise<void>): Promise<void>;
}

export interface GatewayEvent {
  readonly name: string;
  readonly title: string;
  readonly steps: readonly Step[];
  /** From this time on the right address can be had: the time to heal counts from here. */
  readonly over: number;
  /** Nobody says that anything has happened. */
  readonly silent?: boolean;
}

const SECOND = 1000;
/** An impostor's announcements, and the time between two. */
const LIES = 30;
const LIE_EVERY = 2 * SECOND;
/** The time that a gateway takes to come up again. */
const REBOOT = 40 * SECOND;
/** The time after which a backup takes over: three times the advertisements' second, and its skew (RFC 5798 6.1). */
const FAILOVER = 3600;

/** Another station takes the gateway's address. */
function takeOver(bench: Bench, gateway: Gateway): void {
  gateway.mac = bench.plan.T2.mac;
  gateway.up = true;
}

const EVENTS_BY_NAME: readonly GatewayEvent[] = [
  { name: "quiet", title: "nothing happens", steps: [], over: 0 },
  {
    name: "replaced-announced",
    title: "another gateway takes its place and announces itself once",
    over: 0,
    steps: [
      {
        at: 0,
        async act(bench, gateway) {
          takeOver(bench, gateway);
          await gateway.announce(gateway.mac);
        },
      },
    ],
  },
  {
    name: "replaced-silent",
    title: "another gateway takes its place and says nothing",
    over: 0,
    silent: true,
    steps: [{ at: 0, act: async (bench, gateway) => takeOver(bench, gateway) }],
  },
  {
    name: "failover",
    title: "it falls silent, and 3.6 s later its backup takes the address over and announces it five times",
    over: FAILOVER,
    steps: [
      {
        at: 0,
        async act(_bench, gateway) {
          gateway.up = false;
        },
      },
      {
        at: FAILOVER,
        async act(bench, gateway) {
          takeOver(bench, gateway);
          for (let n = 0; n < 5; n++) await gateway.announce(gateway.mac);
        },
      },
    ],
  },
  {
    name: "carrier",
    title: "the link is lost for two seconds",
    over: 2 * SECOND,
    steps: [
      { at: 0, act: (bench) => bench.plug(false) },
      { at: 2 * SECOND, act: (bench) => bench.plug(true) },
    ],
  },
  {
    name: "spoofing",
    title: "for a minute somebody announces the gateway's address as his every 2 s, and answers before the gateway does",
    over: LIES * LIE_EVERY,
    steps: Array.from(
      { length: LIES + 1 },
      (_, n): Step => ({
        at: n * LIE_EVERY,
        async act(bench, gateway) {
          gateway.impostor = n < LIES ? bench.plan.T2.mac : null;
          if (n < LIES) await gateway.announce(bench.plan.T2.mac);
        },
      }),
    ),
  },
  {
    name: "node-reboot",
    title: "the node starts again and has forgotten everything",
    over: 0,
    steps: [
      {
        at: 0,
        async act(bench, _gateway, again) {
          await bench.ip(`neigh del ${bench.plan.T1.ip} dev e0`);
          await again();
        },
      },
    ],
  },
  {
    name: "gateway-reboot",
    title: "the gateway is away for 40 s and comes back as it was",
    over: REBOOT,
    steps: [
      {
        at: 0,
        async act(_bench, gateway) {
          gateway.up = false;
        },
      },
      {
        at: REBOOT,
        async act(_bench, gateway) {
          gateway.up = true;
        },
      },
    ],
  },
];

export const EVENTS: readonly GatewayEvent[] = EVENTS_BY_NAME;
