/** UDP and TCP: the counters of /proc/net/snmp. */
import type { Stack } from "../../stack.ts";
import type { Family } from "./exposition.ts";
import { type Metrics, within } from "./ground.ts";

type Value = (stack: Stack) => number;

/** Counters of both families, by name: RFC 4022, RFC 4113. */
const COUNTERS: readonly (readonly [name: string, help: string, value: Value])[] = [
  ["udp_datagrams_sent", "UDP datagrams sent.", sumOfUdp("outDatagrams")],
  ["udp_datagrams_received", "UDP datagrams received.", sumOfUdp("inDatagrams")],
  ["udp_no_ports", "UDP datagrams for a port that nobody has.", sumOfUdp("noPorts")],
  ["udp_receive_errors", "UDP datagrams that could not be delivered.", sumOfUdp("inErrors")],
  ["udp_send_buffer_errors", "UDP datagrams refused because a socket had too much under way.", sumOfUdp("sndbufErrors")],
  ["tcp_active_opens", "TCP connections begun here.", ({ tcp }) => tcp.counters.activeOpens],
  ["tcp_passive_opens", "TCP connections begun by others.", ({ tcp }) => tcp.counters.passiveOpens],
  ["tcp_attempt_failures", "Attempts at a TCP connection that failed.", ({ tcp }) => tcp.counters.attemptFails],
  ["tcp_resets", "TCP connections that were reset.", ({ tcp }) => tcp.counters.estabResets],
  ["tcp_segments_received", "TCP segments received.", ({ tcp }) => tcp.counters.inSegs],
  ["tcp_segments_sent", "TCP segments sent, those sent again left out.", ({ tcp }) => tcp.counters.outSegs],
  ["tcp_segments_retransmitted", "TCP segments sent again.", ({ tcp }) => tcp.counters.retransSegs],
  ["tcp_receive_errors", "TCP segments received damaged.", ({ tcp }) => tcp.counters.inErrs],
];

export const transportMetrics: Metrics = ({ stacks }) => {
  const family = (type: Family["type"], name: string, help: string, value: Value): Family => ({
    name: `whohas_${name}`,
    type,
    help,
    samples: stacks.map(([netns, stack]) => ({ labels: within(netns, {}), value: value(stack) })),
  });
  return [
    ...COUNTERS.map(([name, help, value]) => family("counter", name, help, value)),
    family("gauge", "tcp_connections", "TCP connections that are established.", ({ tcp }) => tcp.counters.currEstab),
  ];
};

function sumOfUdp(field: "outDatagrams" | "inDatagrams" | "noPorts" | "inErrors" | "sndbufErrors"): Value {
  return ({ ip, ip6 }) => ip.counters.udp[field] + (ip6?.counters.udp[field] ?? 0);
}
